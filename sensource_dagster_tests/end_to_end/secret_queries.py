"""GraphQL queries for all that the UI can show of a run, of the definitions and of the Launchpad."""

LAUNCH_RUN = """
mutation($run: ExecutionParams!) {
  launchRun(executionParams: $run) {
    __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message }
    ... on RunConfigValidationInvalid { errors { message } } } }"""
RUN = """
query($id: ID!) {
  runOrError(runId: $id) { ... on Run { status runConfigYaml tags { key value } } }
  logsForRun(runId: $id, limit: 1000) { ... on EventConnection { events {
    __typename ... on MessageEvent { message }
    ... on ErrorEvent { error { message stack cause { message stack } errorChain { error { message stack } } } }
    ... on ExecutionStepFailureEvent { failureMetadata { description
      metadataEntries { label description ... on TextMetadataEntry { text } } } }
    ... on EngineEvent { metadataEntries { label description ... on TextMetadataEntry { text } } }
    ... on MaterializationEvent { metadataEntries { label ... on TextMetadataEntry { text } } } } } } }"""
DEFINITIONS = """
{ allTopLevelResourceDetailsOrError(repositorySelector: {
      repositoryName: "__repository__", repositoryLocationName: "sensource_dagster"}) {
    ... on ResourceDetailsList { results { name description configFields { name description defaultValueAsJson }
      configuredValues { key value type } } } }
  assetNodes { assetKey { path } description metadataEntries {
      label description ... on TextMetadataEntry { text } ... on PathMetadataEntry { path } }
    configField { configType { recursiveConfigTypes { key description } } } }
  instance { info runLauncher { name } } }"""
RUN_CONFIG_SCHEMA = """
{ runConfigSchemaOrError(selector: {repositoryName: "__repository__",
      repositoryLocationName: "sensource_dagster", pipelineName: "counts"}) {
    ... on RunConfigSchema { rootDefaultYaml allConfigTypes {
      description ... on CompositeConfigType { fields { name description defaultValueAsJson } } } } } }"""
