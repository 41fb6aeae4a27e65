using BpfIncr.Cache.Digests;
using BpfIncr.Orchestrator.Reporting;
using BpfIncr.Orchestrator.Verify;
using BpfIncr.Stages;
using BpfIncr.Stages.Verify;

namespace BpfIncr.Orchestrator.Tests.Reporting;

/// <summary>What <c>check</c> complains about.</summary>
[Collection(nameof(Console))]
public sealed class CheckTextTests
{
    [Theory]
    [InlineData(true, "error BPFI2701: 6.1.0: p/v: no")]
    [InlineData(false, "error BPFI2701: p/v: no")]
    public void A_complaint_names_its_kernel_when_there_are_several(bool several, string expected)
    {
        Assert.Equal([expected], Complaints(several, [Diagnostic.Error("BPFI2701", "p/v: no")]));
    }

    // Two programs with the same code inlined are rejected with the same log.
    [Fact]
    public void Findings_that_differ_only_in_what_they_are_about_are_shown_once_with_each_of_their_messages()
    {
        var first = Diagnostic.Error("BPFI2701", "p/new: the kernel rejects program a: no", "do this") with { Function = "a", File = "src/lib.rs", Line = 7, Detail = "0: (95) exit\nno" };
        var second = first with { Message = "p/new: the kernel rejects program b: no", Function = "b" };
        var third = first with { Message = "p/old: the kernel rejects program a: no" };
        var elsewhere = first with { Message = "p/old: the kernel rejects program b: no", Line = 8 };

        Assert.Equal(
            [
                "error BPFI2701: p/new: the kernel rejects program a: no",
                "error BPFI2701: p/new: the kernel rejects program b: no",
                "error BPFI2701: p/old: the kernel rejects program a: no",
                "  at   src/lib.rs:7", "  help do this", "  | 0: (95) exit", "  | no",
                "error BPFI2701: p/old: the kernel rejects program b: no",
                "  at   src/lib.rs:8, in a", "  help do this", "  | 0: (95) exit", "  | no",
            ],
            Complaints(several: false, [first, second], [third, elsewhere]));
    }

    private static string[] Complaints(bool several, params Diagnostic[][] objects)
    {
        var kernel = new KernelVerdict(
            "6.1.0", [.. objects.Select((o, i) => new ObjectVerdict(new CheckedObject($"{i}", "p.o", Digest.OfText("")), new Verdict([.. o]), IsKnown: false))], TimeSpan.Zero);
        var (stdout, stderr) = (Console.Out, Console.Error);
        using var complaints = new StringWriter();
        Console.SetOut(TextWriter.Null);
        Console.SetError(complaints);
        try
        {
            CheckText.Write(new Output(), kernel, verbose: false, several);
        }
        finally
        {
            Console.SetOut(stdout);
            Console.SetError(stderr);
        }
        return [.. complaints.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries)];
    }
}
