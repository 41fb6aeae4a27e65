using System.Collections.Immutable;
using BpfIncr.Orchestrator.Workspace;
using BpfIncr.Stages.Rustc;

namespace BpfIncr.Orchestrator.Tests.Workspace;

/// <summary>Cargo workspaces put together by hand: packages are path packages at <c>ROOT/NAME</c>.</summary>
internal sealed class Crates(string root)
{
    private readonly Dictionary<string, CargoPackage> _packages = new(StringComparer.Ordinal);

    public static RustcOptions Options { get; } = new(ToolchainMode.Bpf, "bpfel-unknown-none", [], true, []);

    public CargoWorkspace Workspace => new(
        root, [.. _packages.Keys.Order(StringComparer.Ordinal).Select(Id)], _packages.Values.ToImmutableDictionary(p => p.Id, StringComparer.Ordinal));

    public CargoPackage this[string name] => _packages[name];

    public static CargoDependency On(string name, params string[] features) => new(name, name, [.. features], true, false);

    public Crates Add(string name, params CargoDependency[] dependencies) => Add(name, [], dependencies);

    /// <summary>Adds a package with a bin of its own name, or replaces it.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="features">Its feature table, such as <c>big=kit/big,kit/fast</c>.</param>
    /// <param name="dependencies">What it depends on.</param>
    public Crates Add(string name, string[] features, params CargoDependency[] dependencies)
    {
        var table = features.Select(f => f.Split('=')).ToImmutableSortedDictionary(
            f => f[0], f => f[1].Split(',', StringSplitOptions.RemoveEmptyEntries).ToImmutableArray(), StringComparer.Ordinal);
        _packages[name] = new CargoPackage(
            Id(name), name, "0.1.0", null, Path.Combine(root, name, "Cargo.toml"), [new CargoTarget(name, ["bin"], [])],
            [.. dependencies], table, [.. dependencies.Select(d => new CargoEdge(d.Alias, Id(d.Name)))]);
        return this;
    }

    /// <summary>Changes a package.</summary>
    public Crates Replace(string name, Func<CargoPackage, CargoPackage> change)
    {
        _packages[name] = change(_packages[name]);
        return this;
    }

    public CargoUnit Unit(RustcOptions options, params string[] packages) =>
        new(Workspace, options, Path.Combine(root, "target", "bpf", "cargo"), [.. packages]);

    private string Id(string name) => $"path+file://{root}/{name}#0.1.0";
}
