using BpfIncr.Stages;
using Spectre.Console;

namespace BpfIncr.Orchestrator.Reporting;

/// <summary>
/// Everything the program says. Results go to standard output, complaints to standard error; colours and live lines
/// only where a terminal is. Understandable without either.
/// </summary>
/// <param name="isAside">Whether lines are no result, because another one is printed for a program: they go to standard error, too.</param>
internal sealed class Output(bool isAside = false)
{
    private const int CallersShown = 4;

    private readonly IAnsiConsole _out = isAside
        ? Console(System.Console.Error, System.Console.IsErrorRedirected)
        : Console(System.Console.Out, System.Console.IsOutputRedirected);
    private readonly IAnsiConsole _error = Console(System.Console.Error, System.Console.IsErrorRedirected);
    private readonly HashSet<string> _shown = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    /// <summary>Whether standard error is a terminal, on which a live line can be drawn and taken back.</summary>
    public bool IsInteractive { get; } =
        !System.Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") is not ("dumb" or null);

    /// <summary>Called before and after something is printed, by whoever draws a live line.</summary>
    public Action<Action>? Around { get; set; }

    /// <summary>A line of a result.</summary>
    public void Line(string text = "") => Print(() => _out.WriteLine(text));

    /// <summary>A line of a result, in Spectre's markup.</summary>
    public void Markup(string markup) => Print(() => _out.MarkupLine(markup));

    /// <summary>Something that a tool printed with its own colours.</summary>
    public void Raw(string text) => Print(() =>
        System.Console.Error.Write(IsColoured(_error) ? text : AnsiEscapes.Remove(text)));

    /// <summary>A warning, once.</summary>
    public void Warn(Diagnostic diagnostic) => Show(diagnostic);

    /// <summary>A diagnostic, once: the same finding about ten probes is one finding.</summary>
    /// <param name="diagnostic">The finding.</param>
    /// <param name="subject">The probe that it is about, which its headline then begins with; null for none.</param>
    public void Show(Diagnostic diagnostic, string? subject = null)
    {
        if (IsCargos(diagnostic))
            subject = null;
        lock (_lock)
            if (!_shown.Add(Identity(diagnostic, subject)))
                return;
        Print(() => Write(subject is null ? diagnostic : diagnostic with { Message = $"{subject}: {diagnostic.Message}" }, []));
    }

    /// <summary>Findings about different things that are alike in all but their messages: each message, and the rest once.</summary>
    public void ShowTogether(IReadOnlyList<Diagnostic> alike)
    {
        var function = alike.All(d => d.Function == alike[0].Function) ? alike[0].Function : null;
        Print(() => Write(alike[0] with { Function = function }, [.. alike.Skip(1).Select(d => d.Message).Distinct()]));
    }

    /// <summary>Several diagnostics.</summary>
    public void Show(IEnumerable<Diagnostic> diagnostics)
    {
        foreach (var diagnostic in diagnostics)
            Show(diagnostic);
    }

    /// <summary>Shows again what was shown before: a new pass begins.</summary>
    public void Forget()
    {
        lock (_lock)
            _shown.Clear();
    }

    private void Write(Diagnostic diagnostic, IEnumerable<string> furtherMessages)
    {
        if (IsRustcs(diagnostic))
        {
            System.Console.Error.WriteLine((IsColoured(_error) ? diagnostic.Detail! : AnsiEscapes.Remove(diagnostic.Detail!)).TrimEnd('\n'));
            System.Console.Error.WriteLine();
            return;
        }
        var (word, colour) = diagnostic.Severity == Severity.Error ? ("error", "red bold") : ("warning", "yellow bold");
        foreach (var message in furtherMessages.Prepend(diagnostic.Message))
            _error.MarkupLine($"[{colour}]{word}[/] {diagnostic.Id.EscapeMarkup()}: {message.EscapeMarkup()}");
        if (diagnostic.File is not null)
            _error.MarkupLine($"  [dim]at[/]   {Place(diagnostic.Function, diagnostic.File, diagnostic.Line).EscapeMarkup()}");
        else if (diagnostic.Function is not null)
            _error.MarkupLine($"  [dim]in[/]   {diagnostic.Function.EscapeMarkup()}");
        WriteCallers([.. diagnostic.InlinedAt?.Chain() ?? []]);
        if (diagnostic.Hint is not null)
            _error.MarkupLine($"  [dim]help[/] {diagnostic.Hint.EscapeMarkup()}");
        foreach (var line in (diagnostic.Detail ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries))
            _error.WriteLine($"  | {AnsiEscapes.Remove(line)}");
    }

    // The first say how the code came there, the last which program it is in.
    private void WriteCallers(IReadOnlyList<SourceLocation> callers)
    {
        var left = callers.Count > CallersShown ? callers.Count - CallersShown : 0;
        for (var i = 0; i < callers.Count; i++)
        {
            if (left > 0 && i == CallersShown - 1)
            {
                _error.MarkupLine($"       [dim]and {left} more calls[/]");
                i += left;
            }
            _error.MarkupLine($"       [dim]inlined at[/] {Place(callers[i].Function, callers[i].File, callers[i].Line).EscapeMarkup()}");
        }
    }

    // What cargo prints for several probes is one finding; what has no place is another finding for each probe.
    private static string Identity(Diagnostic diagnostic, string? subject) => IsCargos(diagnostic)
        ? $"{diagnostic.File} {diagnostic.Line} {diagnostic.Detail}"
        : $"{(diagnostic.File is null ? subject : null)} {diagnostic.Id} {diagnostic.Message} {diagnostic.File} {diagnostic.Line} {diagnostic.Detail}";

    // What rustc and cargo print is as much about the crates that several probes share.
    private static bool IsCargos(Diagnostic diagnostic) => IsRustcs(diagnostic) || diagnostic is { Detail: not null, Id: "BPFI2011" };

    // rustc's own rendering says it all, with its own heading.
    private static bool IsRustcs(Diagnostic diagnostic) => diagnostic is { Detail: not null, Id: "BPFI2010" or "BPFI2013" };

    private static string Place(string? function, string? file, int line)
    {
        var place = line > 0 ? $"{file}:{line}" : file!;
        return function is null ? place : $"{place}, in {function}";
    }

    private void Print(Action print)
    {
        lock (_lock)
        {
            if (Around is { } around)
                around(print);
            else
                print();
        }
    }

    private static bool IsColoured(IAnsiConsole console) => console.Profile.Capabilities.Ansi;

    private static IAnsiConsole Console(TextWriter writer, bool redirected)
    {
        var plain = redirected || Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 };
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = plain ? AnsiSupport.No : AnsiSupport.Detect,
            Interactive = InteractionSupport.No,
        });
        // A path or a message is one line, however narrow the window: scripts and editors parse it.
        console.Profile.Width = int.MaxValue / 2;
        return console;
    }
}
