using BpfIncr.Stages;
using Spectre.Console;

namespace BpfIncr.Orchestrator.Reporting;

/// <summary>
/// Everything the program says. Results go to standard output, complaints to standard error; colours and live lines
/// only where a terminal is. Understandable without either.
/// </summary>
internal sealed class Output
{
    private readonly IAnsiConsole _out = Console(System.Console.Out, System.Console.IsOutputRedirected);
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
    public void Show(Diagnostic diagnostic)
    {
        lock (_lock)
            if (!_shown.Add(diagnostic.Detail ?? $"{diagnostic.Id} {diagnostic.Message} {diagnostic.File} {diagnostic.Line}"))
                return;
        Print(() => Write(diagnostic));
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

    private void Write(Diagnostic diagnostic)
    {
        // rustc's own rendering says it all, with its own heading.
        if (diagnostic is { Detail: { } rendered, Id: "BPFI2010" or "BPFI2013" })
        {
            System.Console.Error.WriteLine((IsColoured(_error) ? rendered : AnsiEscapes.Remove(rendered)).TrimEnd('\n'));
            System.Console.Error.WriteLine();
            return;
        }
        var (word, colour) = diagnostic.Severity == Severity.Error ? ("error", "red bold") : ("warning", "yellow bold");
        _error.MarkupLine($"[{colour}]{word}[/] {diagnostic.Id.EscapeMarkup()}: {diagnostic.Message.EscapeMarkup()}");
        if (diagnostic.File is not null)
            _error.MarkupLine($"  [dim]at[/]   {Place(diagnostic).EscapeMarkup()}");
        else if (diagnostic.Function is not null)
            _error.MarkupLine($"  [dim]in[/]   {diagnostic.Function.EscapeMarkup()}");
        if (diagnostic.Hint is not null)
            _error.MarkupLine($"  [dim]help[/] {diagnostic.Hint.EscapeMarkup()}");
        foreach (var line in (diagnostic.Detail ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries))
            _error.WriteLine($"  | {AnsiEscapes.Remove(line)}");
    }

    private static string Place(Diagnostic diagnostic)
    {
        var place = diagnostic.Line > 0 ? $"{diagnostic.File}:{diagnostic.Line}" : diagnostic.File!;
        return diagnostic.Function is null ? place : $"{place}, in {diagnostic.Function}";
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
