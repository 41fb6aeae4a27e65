using System.Text;

namespace BpfIncr.Orchestrator.Tests.Model;

/// <summary>What one unit is compiled with, besides its sources.</summary>
/// <param name="Crate">Its name.</param>
/// <param name="Rustc">The first line of the compiler's version.</param>
/// <param name="OptLevel">The profile's <c>opt-level</c>.</param>
/// <param name="Flags">Flags for rustc.</param>
/// <param name="Features">Its active features.</param>
/// <param name="Generated">What its build script made; null without one.</param>
/// <param name="Libraries">The compiled crates below it.</param>
internal sealed record FakeRustcCall(
    string Crate, string Rustc, string OptLevel, IReadOnlyList<string> Flags, IReadOnlyCollection<string> Features, string? Generated, IReadOnlyList<string> Libraries);

/// <summary>What a compilation gave and read.</summary>
/// <param name="Text">The bitcode.</param>
/// <param name="Functions">Functions that it defines.</param>
/// <param name="Files">Absolute paths that were read.</param>
/// <param name="Variables">Environment variables that were read.</param>
/// <param name="Warnings">Warnings.</param>
/// <param name="Errors">Errors; the text counts for nothing when there is one.</param>
internal sealed record FakeUnit(
    string Text, List<string> Functions, SortedSet<string> Files, SortedSet<string> Variables, List<string> Warnings, List<string> Errors);

/// <summary>
/// A compiler as a pure function, for a language of one statement a line:
/// <code>
/// fn NAME VALUE [CALLED]   a function, which may call another one
/// inline NAME VALUE        a function of a library that is compiled into whoever calls it
/// call NAME                a call
/// cfg FEATURE NAME VALUE   a function that is there with a feature
/// include PATH             another file's content
/// mod NAME                 NAME.rs beside this file
/// env NAME                 the value of a variable
/// generated                what the build script made
/// warn TEXT, error TEXT    what the compiler says
/// stage NAME fail|warn     what a later stage says
/// loop, panic, debug       what only some options of later stages look at
/// // TEXT                  a comment: it changes the bitcode as a source's checksum does, and nothing behind patch
/// </code>
/// </summary>
internal static class FakeRustc
{
    /// <summary>What bitcode begins with, one character a byte.</summary>
    public const string Magic = "BC\u00C0\u00DE\n";

    public static FakeUnit Compile(string source, FakeRustcCall call)
    {
        var text = new StringBuilder($"{Magic}crate {call.Crate} {call.Rustc} opt={call.OptLevel} {string.Join(' ', call.Flags)}\n");
        var unit = new FakeUnit("", [], new(StringComparer.Ordinal), new(StringComparer.Ordinal), [], []);
        Source(source, call, unit, text);
        return unit with { Text = text.ToString() };
    }

    private static void Source(string path, FakeRustcCall call, FakeUnit unit, StringBuilder text)
    {
        unit.Files.Add(path);
        if (Read(path) is not { } content)
        {
            unit.Errors.Add($"couldn't read {Path.GetFileName(path)}");
            return;
        }
        text.Append($"checksum {Path.GetFileName(path)} {FakeStages.Hash(content)}\n");
        foreach (var line in content.Split('\n'))
            Statement(line, path, call, unit, text);
    }

    private static void Statement(string line, string path, FakeRustcCall call, FakeUnit unit, StringBuilder text)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words is ["fn", var name, ..])
        {
            unit.Functions.Add(name);
            text.Append($"{line}\n");
        }
        else if (words is ["cfg", var feature, var function, var value])
        {
            if (call.Features.Contains(feature))
                text.Append($"fn {function} {value}\n");
        }
        else if (words is ["call", var called])
        {
            // A function that is inlined is compiled into its caller.
            var inlined = call.Libraries.SelectMany(l => l.Split('\n')).FirstOrDefault(l => l.StartsWith($"inline {called} ", StringComparison.Ordinal));
            text.Append(inlined is null ? $"{line}\n" : $"inlined{inlined[6..]}\n");
        }
        else if (words is ["include", var included])
        {
            var file = Path.GetFullPath(included, Path.GetDirectoryName(path)!);
            unit.Files.Add(file);
            if (Read(file) is { } content)
                text.Append($"data {FakeStages.Hash(content)}\n");
            else
                unit.Errors.Add($"couldn't read {included}");
        }
        else if (words is ["mod", var module])
            Source(Path.Combine(Path.GetDirectoryName(path)!, $"{module}.rs"), call, unit, text);
        else if (words is ["env", var variable])
        {
            unit.Variables.Add(variable);
            text.Append($"env {Environment.GetEnvironmentVariable(variable)}\n");
        }
        else if (words is ["generated"])
            text.Append($"fn made {call.Generated}\n");
        else if (words is ["warn", ..])
            unit.Warnings.Add(line);
        else if (words is ["error", ..])
            unit.Errors.Add(line);
        else if (words is not ([] or ["//", ..]))
            text.Append($"{line}\n");
    }

    /// <summary>What a build script makes and prints: <c>emit PATH</c> and <c>emit-env NAME</c> put content into its output; <c>rerun PATH</c> and <c>rerun-env NAME</c> declare.</summary>
    public static (string Generated, List<string> Output) RunBuildScript(FakePackage package)
    {
        var (generated, output) = (new StringBuilder(), new List<string>());
        foreach (var words in (Read(package.BuildScript) ?? "").Split('\n').Select(l => l.Split(' ')))
        {
            if (words is ["emit", var path])
                generated.Append(FakeStages.Hash(Read(Path.Combine(package.Directory, path)) ?? "none"));
            else if (words is ["emit-env", var variable])
                generated.Append(Environment.GetEnvironmentVariable(variable));
            else if (words is ["rerun", var declared])
                output.Add($"cargo:rerun-if-changed={declared}");
            else if (words is ["rerun-env", var name])
                output.Add($"cargo::rerun-if-env-changed={name}");
        }
        return (generated.ToString(), output);
    }

    private static string? Read(string path) => File.Exists(path) ? File.ReadAllText(path) : null;
}
