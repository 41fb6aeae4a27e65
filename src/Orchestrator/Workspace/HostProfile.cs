namespace BpfIncr.Orchestrator.Workspace;

/// <summary>
/// What a user says of build scripts and proc macros in the release profile (<c>build-override</c>). The profile is set by the
/// environment, which cargo prefers to files, so it has to be known where files say something.
/// </summary>
internal static class HostProfile
{
    private const string Variable = "CARGO_PROFILE_RELEASE_BUILD_OVERRIDE_DEBUG";

    /// <summary>Whether the user says how much debug info they have.</summary>
    /// <param name="root">The Cargo workspace's root.</param>
    public static bool SaysDebug(string root) =>
        Environment.GetEnvironmentVariable(Variable) is not null
        || CargoMetadata.ConfigFiles(root).Prepend(Path.Combine(root, "Cargo.toml")).Where(File.Exists).Any(SaysDebugIn);

    private static bool SaysDebugIn(string file) =>
        File.ReadAllText(file) is var text && text.Contains("build-override", StringComparison.Ordinal)
        && TomlText.Parse(text) is { } table
        && TomlText.Table(table, "profile", "release", "build-override").ContainsKey("debug");
}
