using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace BpfIncr.EndToEnd.Tests.Support;

/// <summary>A running <c>bpfincr watch</c> with what it has said so far.</summary>
internal sealed class Watching : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly BlockingCollection<string> _lines = [];
    private readonly List<string> _said = [];

    /// <summary>Starts it, with its output going to a pipe.</summary>
    public Watching(Checkout checkout)
        : this(checkout, Repository.Program, checkout.Arguments(["watch"]))
    {
    }

    private Watching(Checkout checkout, string program, IEnumerable<string> arguments)
    {
        Checkout = checkout;
        _process = Tool.Start(program, "/", arguments);
        _process.OutputDataReceived += (_, e) => _lines.Add(e.Data ?? "(end)");
        _process.ErrorDataReceived += (_, e) => _lines.Add(e.Data ?? "");
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>What it watches.</summary>
    public Checkout Checkout { get; }

    /// <summary>Everything that it has said and somebody has waited for.</summary>
    public string Said => string.Join('\n', _said);

    /// <summary>The process of the program.</summary>
    public int ProcessId => Processes.ChildrenOf(_process.Id).Prepend(_process.Id).First(p => Processes.NameOf(p) == "bpfincr");

    /// <summary>Starts it on a terminal. Without the exec some shells start it as a child of theirs.</summary>
    public static Watching OnTerminal(Checkout checkout) =>
        new(checkout, "script", ["-qefc", "exec " + Shell([Repository.Program, .. checkout.Arguments(["watch"])]), "/dev/null"]);

    /// <summary>Starts it where a command of the shell has been run before.</summary>
    public static Watching After(Checkout checkout, string command) =>
        new(checkout, "unshare", ["--user", "--map-root-user", "sh", "-c", $"{command} && exec {Shell([Repository.Program, .. checkout.Arguments(["watch"])])}"]);

    /// <summary>Waits for a line that contains a text, and gives it.</summary>
    public string Expect(string text)
    {
        while (_lines.TryTake(out var line, Patience))
        {
            _said.Add(line);
            if (line.Contains(text, StringComparison.Ordinal))
                return line;
        }
        Assert.Fail($"\"{text}\" was not said:\n{Said}");
        return "";
    }

    /// <summary>
    /// Waits for the result of the pass that an edit has caused. An edit that comes before the pass before has ended makes
    /// the program start over, and the result then has no cause.
    /// </summary>
    public void ExpectPass(string cause, string result)
    {
        var before = _said.Count;
        var line = Expect(result);
        var hasStartedOver = _said.Skip(before).Any(l => l.EndsWith(": starting over", StringComparison.Ordinal));
        Assert.True(hasStartedOver || line.Contains($"{cause}: {result}", StringComparison.Ordinal), Said);
    }

    /// <summary>Waits until an edit has made another object of <c>pass</c>. How many passes that takes depends on the moment.</summary>
    public void ExpectObject(Action edit)
    {
        var path = Checkout.ObjectOf("pass");
        var before = File.ReadAllBytes(path);
        edit();
        Until(() => !File.ReadAllBytes(path).AsSpan().SequenceEqual(before), "the object stayed as it was");
    }

    /// <summary>Waits until something is true.</summary>
    public void Until(Func<bool> condition, string otherwise)
    {
        for (var clock = Stopwatch.StartNew(); !condition(); Thread.Sleep(20))
            Assert.True(clock.Elapsed < Patience, $"{otherwise}:\n{Said}");
    }

    /// <summary>Sends the program a signal.</summary>
    public void Signal(string name) => Tool.Do("kill", $"-{name}", ProcessId.ToString(CultureInfo.InvariantCulture));

    /// <summary>The processes that it has started and that have not ended.</summary>
    public IReadOnlyList<int> Children() => Processes.ChildrenOf(ProcessId);

    /// <inheritdoc/>
    public void Dispose()
    {
        Signal("TERM");
        Assert.True(_process.WaitForExit(Patience), "watch did not end when it was told to");
        // Without a limit it also waits for the last lines to be heard.
        _process.WaitForExit();
        _process.Dispose();
        _lines.Dispose();
    }

    private static string Shell(IEnumerable<string> words) => string.Join(' ', words.Select(w => $"'{w}'"));
}
