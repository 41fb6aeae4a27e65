using System.Runtime.InteropServices;
using BpfIncr.Stages.Rustc;

namespace BpfIncr.Orchestrator.Workspace;

/// <summary>
/// What decides the features with which a package is compiled. Cargo unifies over everything that one call builds, so
/// that a package's features depend on others' manifests too. The text here holds every request that any probe of the
/// unit makes of a package, without saying who makes it: another probe with the same requests changes nothing.
/// </summary>
internal sealed class FeatureRequests
{
    private readonly Dictionary<string, SortedSet<string>> _requests = new(StringComparer.Ordinal);
    private readonly ILookup<string, string> _forwarders;

    public FeatureRequests(CargoWorkspace workspace, IEnumerable<CargoPackage> probePackages, RustcOptions options)
    {
        var packages = workspace.Closure(probePackages).ToList();
        _forwarders = packages
            .SelectMany(p => p.Dependencies.Where(d => Switches(p, d.Alias).Any()).Select(d => (To: d.Name, From: p.Name)))
            .ToLookup(f => f.To, f => f.From, StringComparer.Ordinal);
        var features = options.Features.ToLookup(f => f[..f.IndexOf('/', StringComparison.Ordinal)], StringComparer.Ordinal);
        foreach (var (package, text) in packages.SelectMany(p => RequestsOf(p, features[p.Name])))
            (CollectionsMarshal.GetValueRefOrAddDefault(_requests, package, out _) ??= new SortedSet<string>(StringComparer.Ordinal)).Add(text);
    }

    /// <summary>
    /// The requests that concern the packages of a closure, one a line. What is asked of a package that can pass it on to
    /// one of these counts as well, whether or not that package is in the closure.
    /// </summary>
    public string Describe(IEnumerable<CargoPackage> closure) => string.Join('\n', WithForwarders(closure)
        .SelectMany(name => (_requests.GetValueOrDefault(name) ?? []).Select(r => $"{name} <- {r}")));

    private SortedSet<string> WithForwarders(IEnumerable<CargoPackage> closure)
    {
        var names = new SortedSet<string>(StringComparer.Ordinal);
        var queue = new Queue<string>(closure.Select(p => p.Name));
        while (queue.TryDequeue(out var name))
            if (names.Add(name))
                foreach (var forwarder in _forwarders[name])
                    queue.Enqueue(forwarder);
        return names;
    }

    private static IEnumerable<(string Package, string Text)> RequestsOf(CargoPackage package, IEnumerable<string> features)
    {
        var active = features.Order(StringComparer.Ordinal).ToList();
        if (active.Count > 0)
            yield return (package.Name, string.Join(' ', active));
        foreach (var dependency in package.Dependencies)
        {
            var text = $"default={dependency.DefaultFeatures} optional={dependency.Optional} [{string.Join(' ', dependency.Features)}]";
            // A feature of the dependent can ask for a feature of its dependency, or for the dependency itself. Whether it is on
            // is asked of the dependent, which is a forwarder then.
            yield return (dependency.Name, string.Join(" if ", Switches(package, dependency.Alias).Prepend(text)));
        }
    }

    // Features that ask for it themselves, and those that switch one of them on.
    private static IEnumerable<string> Switches(CargoPackage package, string dependency)
    {
        var switches = new HashSet<string>(StringComparer.Ordinal);
        for (var count = -1; count < switches.Count;)
        {
            count = switches.Count;
            switches.UnionWith(package.Features.Where(f => f.Value.Any(v => Names(v, dependency) || switches.Contains(v))).Select(f => f.Key));
        }
        return package.Features.Where(f => switches.Contains(f.Key)).Select(f => $"{f.Key}=>{string.Join('+', f.Value)}");
    }

    private static bool Names(string value, string dependency) =>
        value == dependency
        || value == $"dep:{dependency}"
        || value.StartsWith($"{dependency}/", StringComparison.Ordinal)
        || value.StartsWith($"{dependency}?/", StringComparison.Ordinal);
}
