using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using BpfIncr.Orchestrator.Workspace;

namespace BpfIncr.Orchestrator.Reuse;

/// <summary>
/// The places of this machine that occur in rustc's arguments and in what it writes, under names that mean the same on
/// every machine.
/// </summary>
internal sealed class CratePaths
{
    private const string WorkspaceName = "(workspace)";

    // In a text of rustc's a name stands behind a character that no path and no JSON text has.
    private const char Mark = '\0';

    private readonly (string Path, string Name)[] _places;

    public CratePaths(CrateSession session) =>
        _places = [.. new (string Path, string Name)[]
        {
            (session.Target, "(target)"), (session.Workspace, WorkspaceName), (session.CargoHome, "(cargo-home)"), (session.Sysroot, "(sysroot)"),
        }.OrderByDescending(p => p.Path.Length)];

    /// <summary>An argument or a value, with the places in it under their names.</summary>
    public string Named(string text) => Replace(text, p => p.Path, p => p.Name);

    /// <summary>The name of a file.</summary>
    public string NameOf(string path) => Named(path);

    /// <summary>Where the file of a name is here.</summary>
    public string PathOf(string name)
    {
        foreach (var (path, place) in _places)
            if (name.StartsWith($"{place}/", StringComparison.Ordinal))
                return path + name[place.Length..];
        return name;
    }

    /// <summary>The name in an input tree: files of the workspace have theirs, others that of their place before it.</summary>
    public static string InputName(string name)
    {
        if (name.StartsWith($"{WorkspaceName}/", StringComparison.Ordinal))
            return PathSet.InputName(name[(WorkspaceName.Length + 1)..]);
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        return name.StartsWith('(') ? $"{name[..slash]}/{PathSet.InputName(name[(slash + 1)..])}" : PathSet.InputName(name);
    }

    /// <summary>Messages of rustc's (JSON, a line each) for every machine.</summary>
    public byte[] PortableMessages(byte[] text) => Portable(text, InJson);

    /// <summary>Messages of rustc's for this machine.</summary>
    public byte[] LocalMessages(byte[] text) => Local(text, InJson);

    /// <summary>A dep-info file for every machine.</summary>
    public byte[] PortableDepInfo(byte[] text) => EachLine(text, (line, spelling) => Replace(line, p => spelling(p.Path), p => Mark + p.Name));

    /// <summary>A dep-info file for this machine.</summary>
    public byte[] LocalDepInfo(byte[] text) => EachLine(text, Restore);

    private byte[] Portable(byte[] text, Func<string, string> spelling) =>
        Encoding.UTF8.GetBytes(Replace(Encoding.UTF8.GetString(text), p => spelling(p.Path), p => Mark + p.Name));

    private byte[] Local(byte[] text, Func<string, string> spelling) => Encoding.UTF8.GetBytes(Restore(Encoding.UTF8.GetString(text), spelling));

    private string Restore(string text, Func<string, string> spelling) =>
        _places.Aggregate(text, (t, p) => t.Replace(Mark + p.Name, spelling(p.Path), StringComparison.Ordinal));

    // rustc escapes backslashes in the values of variables, and blanks in the names of files that it read. What it made is
    // not escaped; it ends with the last colon that a blank follows.
    private static byte[] EachLine(byte[] text, Func<string, Func<string, string>, string> map) => Encoding.UTF8.GetBytes(string.Join('\n',
        Encoding.UTF8.GetString(text).Split('\n').Select(line =>
        {
            if (line.StartsWith('#'))
                return map(line, p => p.Replace("\\", "\\\\", StringComparison.Ordinal));
            var made = line.LastIndexOf(": ", StringComparison.Ordinal) + 1;
            return map(line[..made], p => p) + map(line[made..], p => p.Replace(" ", "\\ ", StringComparison.Ordinal));
        })));

    private static string InJson(string path) => JsonEncodedText.Encode(path, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString();

    private string Replace(string text, Func<(string Path, string Name), string> old, Func<(string Path, string Name), string> now)
    {
        foreach (var place in _places)
            text = Replace(text, old(place), now(place));
        return text;
    }

    private static string Replace(string text, string path, string name)
    {
        StringBuilder? result = null;
        var done = 0;
        for (var at = text.IndexOf(path, StringComparison.Ordinal); at >= 0; at = text.IndexOf(path, at + path.Length, StringComparison.Ordinal))
        {
            if (!IsWhole(text, at, at + path.Length))
                continue;
            result ??= new StringBuilder();
            result.Append(text, done, at - done).Append(name);
            done = at + path.Length;
        }
        return result is null ? text : result.Append(text, done, text.Length - done).ToString();
    }

    // "/ws" is not in "/news/a", and neither in "/ws2": nothing that belongs to a path may go on before or behind.
    private static bool IsWhole(string text, int start, int end) =>
        (start == 0 || !IsPartOfName(text[start - 1]) || EndsColour(text, start))
        && (end == text.Length || text[end] == '/' || !IsPartOfName(text[end]));

    private static bool IsPartOfName(char c) => char.IsLetterOrDigit(c) || c is '/' or '.' or '-' or '_' or '~' or '+';

    // rustc's messages have colours, which end with a letter: "\u001b[0m/ws/…".
    private static bool EndsColour(string text, int end)
    {
        var start = end - 1;
        if (text[start] != 'm')
            return false;
        while (start > 0 && (char.IsAsciiDigit(text[start - 1]) || text[start - 1] == ';'))
            start--;
        return start > 0 && text[start - 1] == '[';
    }
}
