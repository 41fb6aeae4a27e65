using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Reruns;

/// <summary>The watching program: an edit is followed by the right passes, and by no others.</summary>
public sealed class WatchTests(TinyCheckouts checkouts) : IClassFixture<TinyCheckouts>
{
    private const string Source = "tiny/src/bin/pass.rs";

    [Fact]
    public void An_edit_is_built_and_an_unread_file_is_not()
    {
        using var watch = new Watching(checkouts.New());
        watch.Expect("nothing ran");
        watch.Checkout.Write("tiny/src/bin/.pass.rs.swp", "an editor's");
        watch.ExpectObject(() => watch.Checkout.Replace(Source, "    XDP_PASS\n", "    XDP_PASS + 7\n"));
    }

    [Fact]
    public void A_file_that_is_saved_by_rename_is_built()
    {
        using var watch = new Watching(checkouts.New());
        watch.Expect("nothing ran");
        watch.Checkout.Write("tiny/src/bin/.pass.rs.new", File.ReadAllText(watch.Checkout[Source]).Replace("    XDP_PASS\n", "    XDP_PASS + 9\n", StringComparison.Ordinal));

        watch.ExpectObject(() => File.Move(watch.Checkout["tiny/src/bin/.pass.rs.new"], watch.Checkout[Source], overwrite: true));
    }

    [Fact]
    public void An_error_stays_until_it_is_mended()
    {
        using var watch = new Watching(checkouts.New());
        watch.Expect("nothing ran");
        watch.Checkout.Replace(Source, "    XDP_PASS\n", "    \"text\"\n");
        watch.Expect("not everything was built");
        watch.Checkout.Replace(Source, "    \"text\"\n", "    XDP_PASS\n");

        watch.Expect("3 objects up to date");
    }

    [Fact]
    public void A_new_bin_and_another_option_are_noticed()
    {
        using var watch = new Watching(checkouts.New());
        watch.Expect("nothing ran");
        watch.Checkout.Write("tiny/src/bin/other.rs", File.ReadAllText(watch.Checkout[Source]).Replace("fn pass(", "fn other(", StringComparison.Ordinal));
        watch.Expect("4 objects up to date");
        watch.Checkout.Configure($"{TinyCheckouts.Workspaces}, \"variants\": {{ \"modern\": {{ \"cpu\": \"v2\", \"inline\": \"calls\" }} }}");

        watch.Expect("4 objects up to date; ran codegen");
    }

    [Fact]
    public void A_removed_directory_of_objects_is_filled_again_and_again()
    {
        using var watch = new Watching(checkouts.New());
        watch.Expect("nothing ran");
        for (var time = 0; time < 2; time++)
        {
            Directory.Delete(watch.Checkout["target/bpf/modern"], recursive: true);
            watch.Expect("3 objects up to date");
        }
    }

    // A running "bpfincr watch" with what it has said so far.
    private sealed class Watching : IDisposable
    {
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

        private readonly Process _process;
        private readonly BlockingCollection<string> _lines = [];
        private readonly List<string> _said = [];

        public Watching(Checkout checkout)
        {
            Checkout = checkout;
            _process = Tool.Start(Repository.Program, "/", checkout.Arguments(["watch"]));
            _process.OutputDataReceived += (_, e) => _lines.Add(e.Data ?? "(end)");
            _process.ErrorDataReceived += (_, e) => _lines.Add(e.Data ?? "");
            _process.BeginOutputReadLine();
            _process.BeginErrorReadLine();
        }

        public Checkout Checkout { get; }

        /// <summary>Waits for a line that contains a text.</summary>
        public void Expect(string text)
        {
            while (_lines.TryTake(out var line, Patience))
            {
                _said.Add(line);
                if (line.Contains(text, StringComparison.Ordinal))
                    return;
            }
            Assert.Fail($"\"{text}\" was not said:\n{string.Join('\n', _said)}");
        }

        /// <summary>Waits until an edit has made another object of <c>pass</c>. How many passes that takes depends on the moment.</summary>
        public void ExpectObject(Action edit)
        {
            var path = Checkout.ObjectOf("pass");
            var before = File.ReadAllBytes(path);
            edit();
            var clock = Stopwatch.StartNew();
            while (File.ReadAllBytes(path).AsSpan().SequenceEqual(before))
            {
                Assert.True(clock.Elapsed < Patience, "the object stayed as it was");
                Thread.Sleep(20);
            }
        }

        public void Dispose()
        {
            Tool.Do("kill", "-INT", _process.Id.ToString(CultureInfo.InvariantCulture));
            Assert.True(_process.WaitForExit(Patience), "watch did not end on Ctrl-C");
            // Without a limit it also waits for the last lines to be heard.
            _process.WaitForExit();
            _process.Dispose();
            _lines.Dispose();
        }
    }
}
