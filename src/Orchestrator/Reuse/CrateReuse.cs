using System.Collections.Immutable;
using System.Text.RegularExpressions;
using BpfIncr.Orchestrator.Engine;
using BpfIncr.Orchestrator.Workspace;
using BpfIncr.Stages.Rustc;

namespace BpfIncr.Orchestrator.Reuse;

/// <summary>The reuse of crates in one cargo call: what its rustc calls are told, and what they report.</summary>
internal sealed partial class CrateReuse : IDisposable
{
    private static readonly string[] WrapperVariables =
        ["RUSTC_WRAPPER", "CARGO_BUILD_RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER", "CARGO_BUILD_RUSTC_WORKSPACE_WRAPPER"];

    private readonly string _log;

    private CrateReuse(CrateSession session, ImmutableArray<string> program) =>
        (_log, Finder) = (session.Log, new CrateFinder(program, session.Encode()));

    /// <summary>What cargo is to call.</summary>
    public CrateFinder Finder { get; }

    /// <summary>The reuse for a Cargo workspace; null when the user has a wrapper for rustc, which then is the one to be called.</summary>
    public static CrateReuse? For(CargoUnit unit, Snapshot snapshot, PassTools tools)
    {
        if (HasWrapper(unit.Workspace.Root))
            return null;
        var toolchain = snapshot.Toolchain.Toolchain;
        var session = new CrateSession(
            tools.Results.Root,
            [.. tools.Cache.Tiers],
            unit.Workspace.Root,
            unit.TargetDirectory,
            CargoBuild.CargoHome,
            toolchain.Sysroot,
            snapshot.Toolchain.Identity,
            snapshot.Toolchain.Compiler,
            HostTools.Identity(toolchain, tools.Files),
            snapshot.Settings.Universe,
            snapshot.Actions.DeclaredInputs(unit).ToDictionary(i => i.Key, i => i.Value.ToString()),
            snapshot.Settings.Variables,
            Path.Combine(unit.TargetDirectory, $"crates-{Environment.ProcessId}"));
        // Of a process that was killed and had the same id.
        Forget(session.Log);
        return new CrateReuse(session, [.. tools.Program, "rustc"]);
    }

    /// <summary>What has become of the crates so far.</summary>
    public IEnumerable<CrateOutcome> Outcomes() => CrateOutcome.ReadAll(_log);

    /// <inheritdoc/>
    public void Dispose() => Forget(_log);

    private static void Forget(string log)
    {
        if (Directory.Exists(log))
            Directory.Delete(log, recursive: true);
    }

    // An empty variable takes away what a configuration file says.
    private static bool HasWrapper(string root) =>
        WrapperVariables.Any(v => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(v)))
        || CargoMetadata.ConfigFiles(root).Where(File.Exists).Any(f => File.ReadLines(f).Any(l => WrapperLine().IsMatch(l)));

    [GeneratedRegex(@"^\s*(build\s*\.\s*)?[""']?rustc(-workspace)?-wrapper[""']?\s*=")]
    private static partial Regex WrapperLine();
}
