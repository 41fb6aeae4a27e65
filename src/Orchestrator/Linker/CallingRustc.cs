using System.Globalization;

namespace BpfIncr.Orchestrator.Linker;

/// <summary>The rustc that waits for this process: the LLVM that wrote the bitcode is the one to read it.</summary>
internal static class CallingRustc
{
    // Between rustc and its linker can be a script or two.
    private const int MaximumDepth = 4;

    /// <summary>Its path; null when something else has started this process.</summary>
    public static string? Find()
    {
        var process = "self";
        for (var depth = 0; depth < MaximumDepth && Parent(process) is { } parent; depth++)
        {
            var program = new FileInfo($"/proc/{parent}/exe").LinkTarget;
            if (program is not null && Path.GetFileName(program).StartsWith("rustc", StringComparison.Ordinal))
                return program;
            process = parent;
        }
        return null;
    }

    private static string? Parent(string process)
    {
        try
        {
            var line = File.ReadLines($"/proc/{process}/status").First(l => l.StartsWith("PPid:", StringComparison.Ordinal));
            return int.Parse(line["PPid:".Length..], CultureInfo.InvariantCulture) is var parent and > 1 ? parent.ToString(CultureInfo.InvariantCulture) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            // It has ended.
            return null;
        }
    }
}
