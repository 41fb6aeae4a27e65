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
        var verdict = new Verdict([Diagnostic.Error("BPFI2701", "p/v: no")]);
        var kernel = new KernelVerdict("6.1.0", [new ObjectVerdict(new CheckedObject("p/v", "p.o", Digest.OfText("")), verdict, IsKnown: false)], TimeSpan.Zero);
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
        Assert.Equal(expected, complaints.ToString().Trim());
    }
}
