namespace BpfIncr.EndToEnd.Tests.Support;

/// <summary>Where this checkout has what the tests use.</summary>
internal static class Repository
{
    private const string ProgramVariable = "BPFINCR_PROGRAM";

    /// <summary>The directory of the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The Cargo workspaces that are worth compiling.</summary>
    public static string Fixtures { get; } = Path.Combine(Root, "fixtures");

    /// <summary>The shipped program: the one that <c>./bpfincr</c> published, unless the environment names another.</summary>
    public static string Program { get; } = FindProgram();

    private static string FindRoot()
    {
        for (var d = AppContext.BaseDirectory; d is not null; d = Path.GetDirectoryName(d))
            if (File.Exists(Path.Combine(d, "BpfIncr.sln")))
                return d;
        throw new InvalidOperationException($"no BpfIncr.sln above {AppContext.BaseDirectory}");
    }

    private static string FindProgram()
    {
        var program = Environment.GetEnvironmentVariable(ProgramVariable) is { Length: > 0 } named
            ? Path.GetFullPath(named)
            : Path.Combine(Root, "artifacts", "bpfincr", "bpfincr");
        return File.Exists(program)
            ? program
            : throw new InvalidOperationException($"{program} does not exist: run ./bpfincr --version, or set {ProgramVariable}");
    }
}
