namespace BpfIncr.Orchestrator.Tests.Reporting;

/// <summary>Tests that redirect the console of the process; nothing else runs beside them.</summary>
[CollectionDefinition(nameof(Console), DisableParallelization = true)]
public sealed class ConsoleTests;
