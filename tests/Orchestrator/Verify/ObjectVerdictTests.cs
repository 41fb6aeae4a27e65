using BpfIncr.Cache.Digests;
using BpfIncr.Orchestrator.Verify;
using BpfIncr.Stages.Verify;
using BpfIncr.Tests.Support;

namespace BpfIncr.Orchestrator.Tests.Verify;

/// <summary>What a kernel's answer means for an object of a certain origin.</summary>
public sealed class ObjectVerdictTests : IDisposable
{
    private static readonly ProgramReport Accepted = new("prog", "xdp", "xdp", ProgramState.Accepted, 0, "", [], []);

    private readonly TemporaryDirectory _directory = new();

    /// <inheritdoc/>
    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("", false, "BPFI2707")]
    [InlineData("", true, "")]
    [InlineData("UnsafeCell_3C_aya_ebpf_bindings_3A__3A_bindings_3A__3A_bpf_map_def_3E_", false, "")]
    [InlineData("/registry/aya-bpf-0.1.0/src/maps/array.rs", false, "")]
    public void Only_an_object_that_is_not_for_ayas_loader_has_to_have_a_license(string text, bool isForAya, string findings)
    {
        var path = _directory.Write("probe.o", text);
        var asked = new CheckedObject("probe.o", path, Digest.OfText(text)) { IsForAya = isForAya };

        var verdict = ObjectVerdict.Of(new CheckedLoad(asked, new LoadReport("v1.1", "6.1.0", 0, [], [Accepted]) { IsLicenseAdded = true }, IsKnown: false), 12);

        Assert.Equal(findings, string.Join(' ', verdict.Verdict.Diagnostics.Select(d => d.Id)));
    }
}
