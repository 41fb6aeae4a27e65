using BpfIncr.Orchestrator.Reuse;
using BpfIncr.Orchestrator.Workspace;
using BpfIncr.Stages.Rustc;

namespace BpfIncr.Orchestrator.Audit;

/// <summary>What programs below cargo work for: the compilation of a crate, or the run of a build script.</summary>
/// <param name="Package">The package.</param>
/// <param name="Crate">The rustc call; null for a build script's run.</param>
internal sealed record TracedUnit(CargoPackage Package, RustcCommandLine? Crate)
{
    /// <summary>Whether a person would call it a run of the package's build script.</summary>
    public bool IsBuildScript => Crate is null;

    /// <summary>Who reads, in words.</summary>
    public string Subject => Crate is null ? $"the build script of {Package.Name}"
        : IsBin ? $"rustc, or a proc macro in it, for {Crate.CrateName}"
        : $"rustc, or a proc macro in it, for {Package.Name} ({CrateActions.KindOf(Crate.CrateTypes[0])})";

    /// <summary>Whether a probe needs it.</summary>
    public bool IsNeededBy(Probe probe) => IsBin
        ? probe.Package.Id == Package.Id && probe.Name.Replace('-', '_') == Crate!.CrateName
        : probe.Unit.Workspace.Closure(probe.Package).Any(p => p.Id == Package.Id);

    /// <summary>Whether it is the one of another program's.</summary>
    public bool IsSameAs(TracedUnit other) => Package.Id == other.Package.Id && Crate?.DepInfoPath == other.Crate?.DepInfoPath;

    // A build script is a bin, too; but it is compiled for this machine, which is not named.
    private bool IsBin => Crate is { CrateTypes: ["bin"] } && Crate.Options.Any(o => o.StartsWith("--target=", StringComparison.Ordinal));
}

/// <summary>Tells which unit each program of a cargo call works for.</summary>
/// <param name="unit">The workspace.</param>
/// <param name="rustc">rustc's path.</param>
internal sealed class TracedUnits(CargoUnit unit, string rustc)
{
    private const string ScriptPrefix = "build-script-";

    private readonly Dictionary<TracedProgram, TracedUnit?> _known = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<TracedProgram, bool> _linkers = new(ReferenceEqualityComparer.Instance);
    private readonly List<TracedUnit> _units = [];

    /// <summary>The unit of a program; null for cargo, and what it asks for itself.</summary>
    public TracedUnit? Of(TracedProgram program)
    {
        if (!_known.TryGetValue(program, out var known))
            _known[program] = known = Own(program) ?? (program.Parent is null ? null : Of(program.Parent));
        return known;
    }

    /// <summary>Whether a program belongs to the linker of a rustc: what makes programs for this machine has an identity of its own.</summary>
    public bool IsLinker(TracedProgram program)
    {
        if (!_linkers.TryGetValue(program, out var isLinker))
            _linkers[program] = isLinker = program.Parent is { } parent && (IsLinkerOf(parent, program) || IsLinker(parent));
        return isLinker;
    }

    private bool IsLinkerOf(TracedProgram compiler, TracedProgram program) =>
        compiler.File == rustc && CallOf(compiler) is { } call && Path.GetFileName(program.File) == Path.GetFileName(call.Linker ?? "cc");

    private TracedUnit? Own(TracedProgram program)
    {
        var call = program.File == rustc ? CallOf(program) : null;
        if (call is { OutDirectory.Length: > 0 })
            return Only(PackageAt(Path.GetFullPath(call.Source, program.Directory)), call);
        return IsBuildScript(program) ? Only(PackageAt(program.Directory), null) : null;
    }

    private bool IsBuildScript(TracedProgram program) =>
        Path.GetFileName(program.File).StartsWith(ScriptPrefix, StringComparison.Ordinal) && program.File.StartsWith($"{unit.TargetDirectory}/", StringComparison.Ordinal);

    // Several programs may work for one unit.
    private TracedUnit? Only(CargoPackage? package, RustcCommandLine? call)
    {
        if (package is null)
            return null;
        var found = new TracedUnit(package, call);
        if (_units.Find(u => u.IsSameAs(found)) is { } same)
            return same;
        _units.Add(found);
        return found;
    }

    private static RustcCommandLine? CallOf(TracedProgram program) => program.Arguments.Length > 1 ? RustcCommandLine.Read([.. program.Arguments.Skip(1)]) : null;

    // The innermost package whose directory it is, or in whose directory it is.
    private CargoPackage? PackageAt(string path) => unit.Workspace.Packages.Values
        .Where(p => path == p.Directory || path.StartsWith($"{p.Directory}/", StringComparison.Ordinal))
        .MaxBy(p => p.Directory.Length);
}
