using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Reruns;

/// <summary>What runs when the source of one probe changes.</summary>
[Collection(WarmCheckout.Collection)]
public sealed class SourceEditTests(WarmCheckout warm)
{
    private const string Source = "monorepo/probes/xdp-hash/src/main.rs";

    [Fact]
    public void A_comment_that_moves_no_line_stops_at_patch()
    {
        var checkout = warm.Restore();
        checkout.Replace(Source, "//! Counts packets", "//! Numbers packets");

        var build = checkout.Build().Succeeded();

        Assert.Equal(
            """
            xdp-hash: rustc Modified/Executed, link Modified/Executed
            xdp-hash/legacy: patch Unchanged/Executed
            xdp-hash/modern: patch Unchanged/Executed
            """, build.Reruns);
    }

    [Fact]
    public void A_comment_that_moves_lines_reaches_the_object_whose_line_information_it_changes()
    {
        var checkout = warm.Restore();
        var before = ElfSections.Of(File.ReadAllBytes(checkout.ObjectOf("xdp-hash")));
        checkout.Replace(Source, "license!(\"GPL\");", "// One line more.\nlicense!(\"GPL\");");

        Assert.Equal(WholeProbe, checkout.Build().Succeeded().Reruns);

        var after = ElfSections.Of(File.ReadAllBytes(checkout.ObjectOf("xdp-hash")));
        Assert.Equal(before.Keys, after.Keys);
        Assert.Equal([".BTF.ext"], after.Where(s => !s.Value.AsSpan().SequenceEqual(before[s.Key])).Select(s => s.Key));
    }

    [Fact]
    public void A_comment_that_moves_lines_stops_at_patch_without_line_information()
    {
        var checkout = warm.Restore();
        checkout.Replace("bpfincr.json", "\"inline\"", "\"lineInfo\": false, \"inline\"");
        checkout.Build().Succeeded();
        checkout.Replace(Source, "license!(\"GPL\");", "// One line more.\nlicense!(\"GPL\");");

        var build = checkout.Build().Succeeded();

        Assert.Equal(
            """
            xdp-hash: rustc Modified/Executed, link Modified/Executed
            xdp-hash/legacy: patch Unchanged/Executed
            xdp-hash/modern: patch Unchanged/Executed
            """, build.Reruns);
    }

    [Fact]
    public void An_edited_body_runs_every_stage_of_that_probe()
    {
        var checkout = warm.Restore();
        checkout.Replace(Source, "const BUCKETS: usize = 64;", "const BUCKETS: usize = 32;");

        Assert.Equal(WholeProbe, checkout.Build().Succeeded().Reruns);
    }

    [Fact]
    public void An_edit_that_is_taken_back_comes_from_the_cache()
    {
        var checkout = warm.Restore();
        var objects = checkout.Objects();
        checkout.Replace(Source, "const BUCKETS: usize = 64;", "const BUCKETS: usize = 32;");
        checkout.Build().Succeeded();
        checkout.Replace(Source, "const BUCKETS: usize = 32;", "const BUCKETS: usize = 64;");

        var build = checkout.Build().Succeeded();

        Assert.Equal(WholeProbe.Replace("Executed", "ActionCache", StringComparison.Ordinal), build.Reruns);
        Assert.Equal(objects, checkout.Objects());
    }

    [Fact]
    public void An_edit_that_keeps_the_files_old_time_is_seen()
    {
        var checkout = warm.Restore();
        var time = File.GetLastWriteTimeUtc(checkout[Source]);
        checkout.Replace(Source, "const BUCKETS: usize = 64;", "const BUCKETS: usize = 32;");
        File.SetLastWriteTimeUtc(checkout[Source], time);

        Assert.Equal(WholeProbe, checkout.Build().Succeeded().Reruns);
    }

    [Fact]
    public void An_edited_file_with_a_time_long_ago_is_seen()
    {
        var checkout = warm.Restore();
        checkout.Replace(Source, "const BUCKETS: usize = 64;", "const BUCKETS: usize = 32;");
        File.SetLastWriteTimeUtc(checkout[Source], new DateTime(2001, 1, 1, 0, 0, 0, DateTimeKind.Utc));

        Assert.Equal(WholeProbe, checkout.Build().Succeeded().Reruns);
    }

    private const string WholeProbe =
        """
        xdp-hash: rustc Modified/Executed, link Modified/Executed
        xdp-hash/legacy: patch Modified/Executed, optimize Modified/Executed, codegen Modified/Executed
        xdp-hash/modern: patch Modified/Executed, optimize Modified/Executed, codegen Modified/Executed
        """;
}
