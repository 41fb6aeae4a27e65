using System.Collections.Immutable;
using System.Text.Json;

namespace BpfIncr.Stages.Rustc;

/// <summary>One line of cargo's <c>--message-format=json</c>.</summary>
public abstract record CargoMessage
{
    /// <summary>Reads a line; null for messages that nobody here needs and for a build script's stray output.</summary>
    public static CargoMessage? Parse(string line)
    {
        if (!line.StartsWith('{'))
            return null;
        try
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            return Text(root, "reason") switch
            {
                "compiler-artifact" => Artifact(root),
                "compiler-message" => Compiler(root),
                "build-script-executed" => BuildScript(root),
                _ => null,
            };
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or IndexOutOfRangeException)
        {
            return null;
        }
    }

    private static ArtifactMessage Artifact(JsonElement root)
    {
        var target = root.GetProperty("target");
        return new ArtifactMessage(
            Text(root, "package_id"),
            Text(target, "name"),
            Texts(target.GetProperty("kind")),
            Texts(root.GetProperty("filenames")),
            root.GetProperty("executable").GetString(),
            root.GetProperty("fresh").GetBoolean());
    }

    private static CompilerMessage Compiler(JsonElement root)
    {
        var message = root.GetProperty("message");
        var target = root.GetProperty("target");
        return new CompilerMessage(
            Text(root, "package_id"),
            Text(target, "name"),
            Texts(target.GetProperty("kind")),
            Text(message, "level"),
            Text(message, "message"),
            Text(message, "rendered"));
    }

    private static BuildScriptMessage BuildScript(JsonElement root) => new(
        Text(root, "package_id"),
        Text(root, "out_dir"),
        [.. root.GetProperty("env").EnumerateArray().Select(pair => pair[0].GetString()!)]);

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString() ?? "";

    private static ImmutableArray<string> Texts(JsonElement array) =>
        [.. array.EnumerateArray().Select(e => e.GetString()!)];
}

/// <summary>A unit is built, or was fresh.</summary>
/// <param name="PackageId">Whose it is.</param>
/// <param name="Target">The target's name.</param>
/// <param name="Kinds">The target's kinds.</param>
/// <param name="Files">What it made.</param>
/// <param name="Executable">The program it made, or null.</param>
/// <param name="Fresh">Whether cargo ran nothing for it.</param>
public sealed record ArtifactMessage(
    string PackageId,
    string Target,
    ImmutableArray<string> Kinds,
    ImmutableArray<string> Files,
    string? Executable,
    bool Fresh) : CargoMessage;

/// <summary>rustc said something.</summary>
/// <param name="PackageId">About whose code.</param>
/// <param name="Target">The target's name.</param>
/// <param name="Kinds">The target's kinds.</param>
/// <param name="Level"><c>error</c>, <c>warning</c>, …</param>
/// <param name="Message">Its one line.</param>
/// <param name="Rendered">The whole text as rustc would print it on a terminal, with colours.</param>
public sealed record CompilerMessage(
    string PackageId,
    string Target,
    ImmutableArray<string> Kinds,
    string Level,
    string Message,
    string Rendered) : CargoMessage;

/// <summary>A build script ran, now or earlier.</summary>
/// <param name="PackageId">Whose it is.</param>
/// <param name="OutDir">Its <c>OUT_DIR</c>.</param>
/// <param name="Variables">Names of the variables that it set for rustc.</param>
public sealed record BuildScriptMessage(string PackageId, string OutDir, ImmutableArray<string> Variables) : CargoMessage;
