using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Actions.Proto;
using Digest = BpfIncr.Cache.Digests.Digest;

namespace BpfIncr.Cache.Tests.Actions;

internal static class Samples
{
    public static StepAction Action(string input = "input") => new(
        ["link", "--stage-version=1", "--object=objects/0.bc"],
        [new("TAG", "7")],
        [new("llvm", "LLVM 22.1.2")],
        new InputTree([new("objects/0.bc", Digest.OfText(input)), new("exports.txt", Digest.OfText("xdp_main\n"))]),
        ["linked.bc"],
        "");

    public static StepResult Result(string output = "output", string input = "input") => new(
        Action(input),
        [new("a.bc", Digest.OfText(output)), new("b.bc", Digest.OfText("second"))],
        [new StoredDiagnostic { Id = "BPFI2013", Message = "unused variable", File = "src/main.rs", Line = 7 }],
        TimeSpan.FromMilliseconds(125));
}
