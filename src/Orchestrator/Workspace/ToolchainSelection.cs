using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Index;
using BpfIncr.Orchestrator.Configuration;
using BpfIncr.Orchestrator.Programs;
using BpfIncr.Stages.Rustc;

namespace BpfIncr.Orchestrator.Workspace;

/// <summary>The toolchain of a build, with the identities that go into every key.</summary>
/// <param name="Toolchain">The toolchain.</param>
/// <param name="Identity">Over the compiler's version and all its identity files.</param>
/// <param name="LlvmIdentity">Over libLLVM alone: what the LLVM stages depend on.</param>
internal sealed record SelectedToolchain(Toolchain Toolchain, string Identity, string LlvmIdentity)
{
    /// <summary>Over the compiler without its libraries for probes: what build scripts and proc macros depend on.</summary>
    public string Compiler { get; init; } = Identity;
}

/// <summary>Finds the toolchain, and remembers it until something changes that could lead to another one.</summary>
internal static class ToolchainSelection
{
    /// <summary>The variables that can lead to another toolchain.</summary>
    public static readonly string[] Variables =
        ["PATH", "RUSTC", "RUSTUP_TOOLCHAIN", "RUSTUP_HOME", "CARGO_HOME", "HOME", "LD_LIBRARY_PATH"];

    /// <summary>Candidates, the one to use first; only those with a toolchain can be used.</summary>
    /// <param name="settings">What the configuration wants.</param>
    /// <param name="memo">Where the answer is remembered.</param>
    /// <param name="files">What is there now.</param>
    /// <param name="programs">Who is asked otherwise.</param>
    /// <param name="all">Whether those that come after the best are wanted too.</param>
    public static List<ToolchainCandidate> Candidates(Settings settings, Memo memo, FileTable files, IPrograms programs, bool all = false)
    {
        var finder = new ToolchainFinder(settings.Directory, settings.Rustc, settings.Mode);
        // Where rustup is told nothing about this directory, the answer is the same for every one.
        var overrides = OverridesFor(settings.Directory).ToList();
        var place = overrides.Exists(f => files.DigestOf(f) is not null) || IsInSettings(settings.Directory) ? settings.Directory : "anywhere";
        var name = $"toolchain {place} {string.Join(':', finder.Programs())} {settings.Mode} {all}";
        return memo.Get(name, MemoJson.Default.MemoEntryListToolchainCandidate, () =>
        {
            var candidates = programs.Find(finder, all);
            string[] dependencies =
            [
                .. finder.Programs(),
                RustupSettings,
                .. place == settings.Directory ? overrides : [],
                .. candidates.SelectMany((c, i) => FilesOf(c, isBest: i == 0)),
            ];
            var directories = candidates.Select(c => c.Toolchain?.Sysroot).OfType<string>().Distinct(StringComparer.Ordinal).SelectMany(ToolchainFinder.ModeDirectories);
            return ([.. candidates], !finder.IsFinal ? null : new Dependencies([.. dependencies.Distinct(StringComparer.Ordinal)], [.. directories], Variables));
        });
    }

    // The content of the best one goes into every key. Of the others it only matters what they are: their libraries are hundreds of megabytes.
    private static IEnumerable<string> FilesOf(ToolchainCandidate candidate, bool isBest) =>
        candidate.Toolchain is not { } toolchain ? [Path.Combine(Path.GetDirectoryName(candidate.Rustc)!, "cargo")]
        : isBest ? toolchain.IdentityFiles
        : [toolchain.Rustc];

    /// <summary>The first usable candidate with its identities; null when there is none.</summary>
    public static SelectedToolchain? Select(IEnumerable<ToolchainCandidate> candidates, FileTable files)
    {
        if (candidates.FirstOrDefault(c => c.Toolchain is not null)?.Toolchain is not { } toolchain)
            return null;
        var libraries = $"{Path.Combine(toolchain.Sysroot, "lib", "rustlib")}/";
        var llvm = files.DigestOf(toolchain.Llvm)?.Short ?? "missing";
        return new SelectedToolchain(
            toolchain,
            IdentityOf(toolchain.IdentityFiles),
            $"LLVM {toolchain.LlvmVersion} {llvm}")
        {
            Compiler = IdentityOf(toolchain.IdentityFiles.Where(f => !f.StartsWith(libraries, StringComparison.Ordinal))),
        };

        string IdentityOf(IEnumerable<string> of)
        {
            // File names hold no version that the content would not have; paths differ between machines.
            var parts = of.Select(f => $"{Path.GetFileName(f)} {files.DigestOf(f)?.Hash ?? "missing"}").Prepend(toolchain.Version);
            return $"{toolchain.ShortVersion} {Digest.OfText(string.Join('\n', parts)).Short}";
        }
    }

    /// <summary>What rustup's proxies read to choose a toolchain.</summary>
    public static IEnumerable<string> RustupFiles(string directory) => OverridesFor(directory).Prepend(RustupSettings);

    private static string RustupSettings => Path.Combine(
        Environment.GetEnvironmentVariable("RUSTUP_HOME") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".rustup"),
        "settings.toml");

    // "rustup override set" writes the directory into its settings.
    private static bool IsInSettings(string directory)
    {
        var settings = File.Exists(RustupSettings) ? File.ReadAllText(RustupSettings) : "";
        return WithParents(directory).Any(d => settings.Contains($"\"{d}\"", StringComparison.Ordinal));
    }

    private static IEnumerable<string> WithParents(string directory)
    {
        for (var d = directory; d is not null; d = Path.GetDirectoryName(d))
            yield return d;
    }

    private static IEnumerable<string> OverridesFor(string directory) =>
        WithParents(directory).SelectMany(d => (string[])[Path.Combine(d, "rust-toolchain"), Path.Combine(d, "rust-toolchain.toml")]);
}
