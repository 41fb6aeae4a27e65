using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Reruns;

/// <summary>The watching program: an edit is followed by the right passes, and by no others.</summary>
public sealed class WatchTests(TinyCheckouts checkouts) : IClassFixture<TinyCheckouts>
{
    private const string Source = "tiny/src/bin/pass.rs";
    private const string Good = "    XDP_PASS\n";

    [Fact]
    public void An_edit_is_built_and_an_unread_file_is_not()
    {
        using var watch = new Watching(checkouts.New());
        watch.Expect("nothing ran");
        watch.Checkout.Write("tiny/src/bin/.pass.rs.swp", "an editor's");
        // At once: a file that is half written may be built, too, which is a pass more.
        watch.Checkout.Write($"{Source}.new", File.ReadAllText(watch.Checkout[Source]).Replace(Good, "    XDP_PASS + 7\n", StringComparison.Ordinal));
        File.Move(watch.Checkout[$"{Source}.new"], watch.Checkout[Source], overwrite: true);

        watch.ExpectPass("tiny/src/bin/pass.rs", "3 objects up to date; ran rustc 1, link 1, patch 1, optimize 1, codegen 1");

        // One line at the beginning, one for each step, and one for the pass.
        Assert.Equal(7, watch.Said.Split('\n').Count(l => !l.StartsWith(Tool.Waiting, StringComparison.Ordinal)));
    }

    [Fact]
    public void A_file_that_is_saved_by_rename_is_built()
    {
        using var watch = new Watching(checkouts.New());
        watch.Expect("nothing ran");
        var text = File.ReadAllText(watch.Checkout[Source]).Replace(Good, "    XDP_PASS + 9\n", StringComparison.Ordinal);
        watch.ExpectObject(() =>
        {
            // As vim does: the old file becomes the backup, the new one is written beside it and renamed.
            File.Move(watch.Checkout[Source], watch.Checkout[$"{Source}~"]);
            watch.Checkout.Write("tiny/src/bin/4913", text);
            File.Move(watch.Checkout["tiny/src/bin/4913"], watch.Checkout[Source]);
            File.Delete(watch.Checkout[$"{Source}~"]);
        });
    }

    [Fact]
    public void What_cannot_be_put_back_is_said_once()
    {
        using var watch = new Watching(checkouts.New());
        watch.Expect("nothing ran");
        var path = watch.Checkout.ObjectOf("count");
        File.Delete(path);
        watch.Expect("restored 1 object");

        File.Delete(path);
        Directory.CreateDirectory(path);
        watch.Expect("error BPFI1040");
        Thread.Sleep(500);
        Directory.Delete(path);
        watch.Checkout.Replace(Source, Good, "    XDP_PASS + 5\n");
        watch.Expect("3 objects up to date");

        Assert.InRange(watch.Said.Split("error BPFI1040").Length - 1, 1, 3);
    }

    [Fact]
    public void An_error_names_its_line_until_it_is_mended()
    {
        using var watch = new Watching(checkouts.New());
        watch.Expect("nothing ran");
        File.Delete(watch.Checkout.ObjectOf("count"));
        watch.ExpectPass("target/bpf/modern/count.o", "3 objects up to date; nothing ran; restored 1 object");
        watch.Checkout.Replace(Source, Good, "    \"text\"\n");
        watch.Expect("failed: rustc pass: src/bin/pass.rs:13:5: mismatched types");
        watch.Expect("not everything was built");
        watch.Checkout.Replace("tiny/src/bin/count.rs", "//!", "//! Really,");
        watch.Expect("failed: rustc pass: src/bin/pass.rs:13:5: mismatched types");
        watch.Expect("not everything was built");
        // What can be built is put back beside what cannot.
        File.Delete(watch.Checkout.ObjectOf("drop_interface"));
        watch.ExpectPass("target/bpf/modern/drop_interface.o", "not everything was built; ran rustc 1; restored 1 object");
        watch.Checkout.Replace(Source, "    \"text\"\n", Good);

        watch.ExpectPass("tiny/src/bin/pass.rs", "3 objects up to date");

        Assert.DoesNotContain("\x1b", watch.Said, StringComparison.Ordinal);
    }

    [Fact]
    public void An_error_in_a_file_that_no_good_pass_has_read_can_be_mended()
    {
        using var watch = new Watching(checkouts.New());
        watch.Expect("nothing ran");
        watch.Checkout.Write("tiny/src/bin/part/mod.rs", "pub const RESULT: u32 = \"text\";\n");
        watch.Checkout.Replace(Source, Good, "    part::RESULT\n");
        watch.Checkout.Replace(Source, "use tiny::", "mod part;\nuse tiny::");
        watch.Expect("not everything was built");
        Thread.Sleep(200);

        watch.ExpectObject(() => watch.Checkout.Write("tiny/src/bin/part/mod.rs", "pub const RESULT: u32 = 17;\n"));
    }

    [Fact]
    public void New_and_deleted_bins_and_another_option_are_noticed()
    {
        using var watch = new Watching(checkouts.New());
        watch.Expect("nothing ran");
        watch.Checkout.Write("tiny/src/bin/other.rs", File.ReadAllText(watch.Checkout[Source]).Replace("fn pass(", "fn other(", StringComparison.Ordinal));
        watch.Expect("4 objects up to date");
        watch.Checkout.Configure($"{TinyCheckouts.Workspaces}, \"variants\": {{ \"modern\": {{ \"cpu\": \"v2\", \"inline\": \"calls\" }} }}");
        watch.ExpectPass("bpfincr.json", "4 objects up to date; ran codegen");
        File.Delete(watch.Checkout["tiny/src/bin/other.rs"]);

        watch.Expect("3 objects up to date");

        Assert.False(File.Exists(watch.Checkout.ObjectOf("other")));
    }

    [Fact]
    public void A_configuration_or_manifest_that_is_wrong_is_said_and_can_be_mended()
    {
        using var watch = new Watching(checkouts.New());
        watch.Expect("nothing ran");
        watch.Checkout.Configure("\"workspaces\": [\"tiny\"], \"variant\": {}");
        watch.Expect("did you mean \"variants\"?");
        watch.Expect("bpfincr.json: nothing was built");
        watch.Checkout.Configure(TinyCheckouts.Workspaces);
        watch.ExpectPass("bpfincr.json", "3 objects up to date");
        watch.Checkout.Replace("tiny/Cargo.toml", "[package]", "[package");
        watch.Expect("error");
        watch.Checkout.Replace("tiny/Cargo.toml", "[package", "[package]");

        watch.Expect("3 objects up to date");
    }

    [Fact]
    public void Another_toolchain_is_taken_without_a_restart()
    {
        using var watch = new Watching(checkouts.New());
        watch.Expect("nothing ran");
        watch.Checkout.Configure($"{TinyCheckouts.Workspaces}, \"toolchain\": {{ \"mode\": \"host\" }}");

        watch.Expect("3 objects up to date; ran rustc 3, link 3");

        watch.Checkout.Configure(TinyCheckouts.Workspaces);
        watch.Expect("3 objects up to date; nothing ran; 15 from the cache");
    }

    [Fact]
    public void A_removed_directory_of_objects_is_filled_again_and_again()
    {
        using var watch = new Watching(checkouts.New());
        watch.Expect("nothing ran");
        for (var time = 0; time < 2; time++)
        {
            // All at once: while they were deleted one by one, the first would be made again.
            Directory.Move(watch.Checkout["target/bpf/modern"], watch.Checkout[$"taken-away-{time}"]);
            watch.Expect("3 objects up to date");
        }
    }

    [Fact]
    public void An_edit_whose_event_was_lost_is_built()
    {
        using var watch = new Watching(checkouts.New());
        watch.Expect("nothing ran");
        // Longer than the queue: it overflows while nobody reads it.
        var events = int.Parse(File.ReadAllText("/proc/sys/fs/inotify/max_queued_events"), System.Globalization.CultureInfo.InvariantCulture);
        watch.Signal("STOP");
        for (var i = 0; i <= events / 2; i++)
            File.Delete(watch.Checkout.Touch($"tiny/src/bin/.{i % 2}"));

        watch.ExpectObject(() =>
        {
            watch.Checkout.Replace(Source, Good, "    XDP_PASS + 5\n");
            watch.Signal("CONT");
        });
    }

    [Fact]
    public void Passes_leave_no_more_processes_than_they_found()
    {
        using var watch = new Watching(checkouts.New());
        watch.Expect("nothing ran");
        watch.ExpectObject(() => watch.Checkout.Replace(Source, Good, "    XDP_PASS + 1\n"));
        watch.Expect("3 objects up to date");
        var children = watch.Children();
        for (var i = 1; i <= 3; i++)
        {
            watch.Checkout.Replace(Source, $"    XDP_PASS + {i}\n", $"    XDP_PASS + {i + 1}\n");
            watch.Expect("3 objects up to date");
        }

        Assert.Equal(children.Order(), watch.Children().Order());
    }

    [Fact]
    public void Where_the_system_watches_no_more_directories_they_are_looked_at()
    {
        using var watch = Watching.After(checkouts.New(), "echo 3 > /proc/sys/user/max_inotify_watches");
        watch.Expect("warning BPFI1080: the system does not say what changes");

        watch.ExpectObject(() => watch.Checkout.Replace(Source, Good, "    XDP_PASS + 3\n"));
    }

    [Fact]
    public void On_a_terminal_a_pass_is_one_line_and_the_last_error_stays()
    {
        using var watch = Watching.OnTerminal(checkouts.New());
        watch.Expect("nothing ran");
        watch.Checkout.Replace(Source, Good, "    \"text\"\n");
        watch.Expect("pass.rs:13:5: mismatched types");
        watch.Expect("not everything was built");
        watch.Checkout.Replace(Source, "    \"text\"\n", "    XDP_PASS + 11\n");
        watch.Expect("3 objects up to date; ran rustc 1");

        Assert.DoesNotContain("Modified/Executed", watch.Said, StringComparison.Ordinal);
    }
}
