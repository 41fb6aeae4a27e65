using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Tiers;
using BpfIncr.Orchestrator.Engine;
using BpfIncr.Stages;
using BpfIncr.Stages.Disassembly;
using BpfIncr.Stages.Rustc;

namespace BpfIncr.Orchestrator.Audit;

/// <summary>Shows how outputs differ: bitcode as LLVM's text, objects as instructions and bytes, text as it is.</summary>
/// <param name="before">Who has what the cache has.</param>
/// <param name="now">Who has what was built again, and the workers.</param>
/// <param name="directory">A directory for files on the way.</param>
/// <param name="maximum">How many lines may be shown of one difference.</param>
internal sealed class OutputDiff(PassTools before, PassTools now, string directory, int maximum)
{
    // diff's status tells whether there is a difference.
    private const string Script = "diff -U3 --label \"$3\" --label \"$4\" \"$1\" \"$2\"; test $? -le 1";

    /// <summary>The difference with the text of the first outputs that have one, as far as the lines reach.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<Difference> ShowAsync(Difference difference, CancellationToken cancellation)
    {
        var left = maximum;
        var outputs = difference.Outputs.ToBuilder();
        for (var i = 0; i < outputs.Count && left > 0; i++)
        {
            if (await DiffAsync(difference.Subject, outputs[i], cancellation) is not { Length: > 0 } lines)
                continue;
            var shown = string.Join('\n', lines.Take(left));
            var more = lines.Length > left ? $"\n… {lines.Length - left} more lines" : "";
            outputs[i] = outputs[i] with { Diff = shown + more };
            left -= lines.Length;
        }
        return difference with { Outputs = outputs.ToImmutable() };
    }

    private async Task<string[]?> DiffAsync(string subject, OutputDifference output, CancellationToken cancellation)
    {
        if (output is not { Before: { } old, Now: { } young }
            || await TextAsync(before.Cache, old, cancellation) is not { } was || await TextAsync(now.Cache, young, cancellation) is not { } made)
            return null;
        var labels = new[] { $"{subject}: {output.Name}, in the cache", $"{subject}: {output.Name}, built again" };
        return ToolProcess.Ask("sh", directory, ["-c", Script, "sh", was, made, .. labels])?.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    // A file with the text of a blob; null when it is lost or has none.
    private async Task<string?> TextAsync(TieredCache cache, Digest digest, CancellationToken cancellation)
    {
        if (cache.TryRead(digest) is not { } content)
            return null;
        var place = Directory.CreateDirectory(Path.Combine(directory, digest.Hash)).FullName;
        var (input, output) = (Path.Combine(place, "input"), Directory.CreateDirectory(Path.Combine(place, "output")).FullName);
        File.WriteAllBytes(input, content);
        if (!IsProgram(content))
            return content.Contains((byte)0) ? null : input;
        var call = new ToolCall(DisassemblyTool.ToArguments("input", "text"), [new ToolInput("input", input)], output);
        return (await now.Workers.RunAsync(call, cancellation)).Succeeded ? Path.Combine(output, "text") : null;
    }

    private static bool IsProgram(ReadOnlySpan<byte> content) => content.StartsWith((ReadOnlySpan<byte>)[0x42, 0x43, 0xc0, 0xde]) || content.StartsWith("\u007fELF"u8);
}
