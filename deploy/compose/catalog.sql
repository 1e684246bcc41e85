-- PostgreSQL runs this once, when it makes its folder. POSTGRES_DB has Dagster's history; this one has the lake's catalog.
CREATE DATABASE footfall;
