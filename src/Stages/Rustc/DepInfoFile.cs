namespace BpfIncr.Stages.Rustc;

/// <summary>Where cargo lets rustc write the dep-info of a unit. Cargo's messages name only what was built.</summary>
public static class DepInfoFile
{
    /// <summary>The dep-info file of a unit; null when there is none to be found.</summary>
    /// <param name="artifact">Cargo's message about the unit.</param>
    /// <param name="capture">What the unit's link call left, for a bin.</param>
    public static string? Find(ArtifactMessage artifact, LinkCapture? capture)
    {
        var candidate = capture is not null ? $"{capture.Output}.d"
            : artifact.Kinds.Contains("custom-build") ? BuildScript(artifact)
            : Library(artifact);
        return candidate is not null && File.Exists(candidate) ? candidate : null;
    }

    // deps/libNAME-HASH.rlib (or .so, for a proc macro) has deps/NAME-HASH.d beside it.
    private static string? Library(ArtifactMessage artifact)
    {
        var built = artifact.Files.FirstOrDefault(f => Path.GetFileName(f).StartsWith("lib", StringComparison.Ordinal));
        return built is null
            ? null
            : Path.Combine(Path.GetDirectoryName(built)!, $"{Path.GetFileNameWithoutExtension(built)[3..]}.d");
    }

    // build/PACKAGE-HASH/build-script-NAME is a link to build_script_NAME-HASH in the same directory.
    private static string? BuildScript(ArtifactMessage artifact)
    {
        var directory = artifact.Files.Select(Path.GetDirectoryName).FirstOrDefault();
        return directory is null ? null : Directory.EnumerateFiles(directory, "build_script_*.d").Order(StringComparer.Ordinal).FirstOrDefault();
    }
}
