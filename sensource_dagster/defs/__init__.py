"""Your own assets, checks, jobs, schedules and sensors. Each file here is loaded, see docs/own-assets.md."""
