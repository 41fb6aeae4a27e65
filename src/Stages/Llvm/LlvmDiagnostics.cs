using System.Globalization;
using System.Text.RegularExpressions;

namespace BpfIncr.Stages.Llvm;

/// <summary>Turns the text of LLVM's own reports into diagnostics that name the Rust function and line.</summary>
internal static partial class LlvmDiagnostics
{
    /// <summary>The identifier of a function's need of too much stack.</summary>
    public const string StackId = "BPFI2410";

    /// <summary>The identifier of more arguments than there are registers for.</summary>
    public const string ArgumentsId = "BPFI2411";

    /// <summary>What to do about them.</summary>
    public const string ArgumentsHint =
        "BPF functions take at most five arguments, and a value of 128 bits counts twice. Pass a reference to a structure, or let the function be inlined.";

    private const string StackHint =
        "The BPF stack holds 512 bytes, shared by all functions inlined into the program. " +
        "Move large values into a map (a per-CPU array is the usual scratch space).";

    /// <summary>Reads <c>FILE:LINE:COLUMN: in function NAME SIGNATURE: MESSAGE</c>; any other text is the message.</summary>
    public static Diagnostic Translate(Severity severity, string id, string text)
    {
        Match match = Located().Match(text);
        string message = (match.Success ? match.Groups["message"].Value : text).Trim();
        string? function = match.Success ? RustSymbol.Demangle(match.Groups["function"].Value) : null;
        string? file = match.Success && match.Groups["file"].Value != "<unknown>" ? match.Groups["file"].Value : null;
        int line = file is null ? 0 : int.Parse(match.Groups["line"].Value, CultureInfo.InvariantCulture);
        return Explain(new Diagnostic(severity, id, message, Function: function, File: file, Line: line));
    }

    private static Diagnostic Explain(Diagnostic diagnostic)
    {
        string message = diagnostic.Message;
        if (message.Contains("BPF stack limit", StringComparison.Ordinal))
            return diagnostic with { Id = StackId, Message = $"{diagnostic.Function} needs more than 512 bytes of stack", Hint = StackHint, File = null, Line = 0 };
        if (message.Contains("stack arguments are not supported", StringComparison.Ordinal) ||
            message.Contains("too many arguments", StringComparison.Ordinal))
            return diagnostic with { Id = ArgumentsId, Message = "the function takes or passes more than five arguments", Hint = ArgumentsHint };
        return diagnostic;
    }

    [GeneratedRegex(@"^(?<file>.*?):(?<line>\d+):\d+: in function (?<function>\S+) (?<type>.*?): (?<message>.*)$", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex Located();
}
