using System.Collections.Immutable;
using System.Text;
using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Index;
using BpfIncr.Stages.Rustc;

namespace BpfIncr.Orchestrator.Workspace;

/// <summary>
/// What rustc turned out to read for a probe, known only after it ran: names, without content. Stored under the weak
/// key, a path set tells the next build which files to look at for the strong one.
/// </summary>
/// <param name="Files">Files, by the names that <see cref="NameOf"/> gives them.</param>
/// <param name="Trees">Directories of which every file counts, by such names; hidden files too where a slash is at the end.</param>
/// <param name="Variables">Environment variables.</param>
internal sealed record PathSet(
    ImmutableSortedSet<string> Files, ImmutableSortedSet<string> Trees, ImmutableSortedSet<string> Variables)
{
    /// <summary>
    /// What a path is called: relative to the workspace's root; but where the two have nothing in common it is the machine's,
    /// such as <c>/etc/hostname</c>, and is the same from every checkout.
    /// </summary>
    public static string NameOf(string path, string root) => FirstPart(path) == FirstPart(root) ? Path.GetRelativePath(root, path) : path;

    private static string FirstPart(string path) => path.Split('/', 3)[1];

    /// <summary>The text that is stored: a word for the kind and a name on each line.</summary>
    public byte[] Encode() => Encoding.UTF8.GetBytes(string.Concat(
    [
        .. Files.Select(f => $"file {f}\n"), .. Trees.Select(t => $"tree {t}\n"), .. Variables.Select(v => $"env {v}\n"),
    ]));

    /// <summary>Reads <see cref="Encode"/> back; null when it is something else. No path and no variable has a zero in its name.</summary>
    public static PathSet? Decode(byte[] content)
    {
        var lines = Encoding.UTF8.GetString(content).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(l => l.Split(' ', 2)).ToList();
        if (lines.Any(l => l.Length != 2 || l[0] is not ("file" or "tree" or "env") || l[1].Length == 0 || l[1].Contains('\0', StringComparison.Ordinal)))
            return null;
        return new PathSet(Of("file"), Of("tree"), Of("env"));

        ImmutableSortedSet<string> Of(string kind) =>
            lines.Where(l => l[0] == kind).Select(l => l[1]).ToImmutableSortedSet(StringComparer.Ordinal);
    }

    /// <summary>Every file of the set as it is now, by its name in the set, with its absolute path; a tree's files one by one.</summary>
    public IEnumerable<(string Name, string Path)> Resolve(string root, FileTable files)
    {
        // What was a missing file when it was recorded may be a directory now.
        var isTree = Files.ToLookup(f => Path.GetFullPath(f, root) is var path && files.DigestOf(path) is null && Directory.Exists(path));
        foreach (var file in isTree[false])
            yield return (file, Path.GetFullPath(file, root));
        foreach (var tree in Trees.Concat(isTree[true].Select(f => $"{f}/")))
            foreach (var path in files.FilesBelow(Path.GetFullPath(tree, root)))
                yield return (NameOf(path, root), path);
    }

    /// <summary>Adds the set's present content to the ingredients of an action. What is missing now is simply not there.</summary>
    public void AddTo(InputTree inputs, IDictionary<string, string> variables, string root, FileTable files)
    {
        foreach (var (name, path) in Resolve(root, files))
            if (files.DigestOf(path) is { } digest)
                inputs.Add(InputName(name), digest);
        foreach (var variable in Variables)
            variables[variable] = ValueOf(variable, root);
    }

    // Cargo tells each crate where its manifest lies. A crate that has this compiled in is another one in each checkout.
    private static string ValueOf(string variable, string root) =>
        RustcOptions.IsManifests(variable)
            ? root
            : Environment.GetEnvironmentVariable(variable) ?? "(not set)";

    /// <summary>The name of a file in an input tree, where no name may lead outside. An opening parenthesis is doubled: single, it begins the names of what is no file.</summary>
    public static string InputName(string name) => Path.IsPathRooted(name) ? $"{MachinePrefix}{InputName(name.TrimStart('/'))}"
        : string.Join('/', name.Split('/').Select(p => p == ".." ? "(parent)" : p.StartsWith('(') ? $"({p}" : p));

    /// <summary>What a strong action shows of the path set that it was made with: the files that were there, and the variables.</summary>
    public static PathSet Of(StepAction action) => new(
        [.. action.Inputs.Files.Keys.Where(n => !IsOwnName(n)).Select(NameBehind)], [], [.. action.Variables]);

    /// <summary>Whether an input is a text that is made of cargo's answers.</summary>
    public static bool IsMadeText(string name) => name.StartsWith("(cargo)/", StringComparison.Ordinal);

    private static bool IsOwnName(string name) =>
        name.StartsWith('(') && !name.StartsWith("((", StringComparison.Ordinal) && !name.StartsWith("(parent)/", StringComparison.Ordinal)
        && !name.StartsWith(MachinePrefix, StringComparison.Ordinal);

    // What InputName was given.
    private static string NameBehind(string inputName) => inputName.StartsWith(MachinePrefix, StringComparison.Ordinal)
        ? $"/{NameBehind(inputName[MachinePrefix.Length..])}"
        : string.Join('/', inputName.Split('/').Select(p => p == "(parent)" ? ".." : p.StartsWith("((", StringComparison.Ordinal) ? p[1..] : p));

    private const string MachinePrefix = "(machine)/";

    /// <summary>The name of an input that is no file of the workspace; no file can have it.</summary>
    public static string OwnName(string kind, string name) => $"({kind})/{name}";
}
