using System.Globalization;
using System.Text;
using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Blobs;
using BpfIncr.Cache.Digests;
using BpfIncr.Stages.Verify;

namespace BpfIncr.Orchestrator.Verify;

/// <summary>
/// What kernels have said of objects, as results of actions like those of every other step: an object, a kernel and a libbpf
/// make the key. It stays in the local cache: another machine's kernel is another one.
/// </summary>
/// <param name="results">The cache's results.</param>
/// <param name="blobs">The cache's blobs.</param>
/// <param name="kernel">The kernel that is asked.</param>
/// <param name="libbpf">The digest of the libbpf that asks.</param>
internal sealed class VerdictCache(ActionCache results, BlobStore blobs, KernelIdentity kernel, Digest libbpf)
{
    /// <summary>Raised whenever a loader says something else of the same object.</summary>
    private const int Version = 8;

    private const string ObjectName = "probe.o", VerdictName = "verdict.json";

    /// <summary>What the kernel has said of an object; null when it was not asked yet.</summary>
    public LoadReport? TryGet(CheckedObject asked) =>
        results.TryGet(ActionOf(asked).Key) is { } result && result.Has(VerdictName) && blobs.TryRead(result.Output(VerdictName)) is { } content
            ? LoadAnswers.Parse(Encoding.UTF8.GetString(content))
            : null;

    /// <summary>Keeps what the kernel has said, if it would say it again.</summary>
    /// <exception cref="IOException">The cache cannot be written.</exception>
    public void Add(CheckedObject asked, LoadReport report, TimeSpan elapsed)
    {
        if (LoadAnswers.IsLasting(report))
            results.Add(new StepResult(ActionOf(asked), [new StepOutput(VerdictName, blobs.Put(LoadAnswers.Encode(report)))], [], elapsed));
    }

    private StepAction ActionOf(CheckedObject asked) => new(
        ["verify", string.Create(CultureInfo.InvariantCulture, $"--stage-version={Version}"), ObjectName, $"--output={VerdictName}"],
        [],
        [new("kernel", kernel.Release), new("kernel-version", kernel.Version), new("libbpf", libbpf.Hash)],
        new InputTree([new(ObjectName, asked.Digest)]),
        [VerdictName],
        universe: "");
}
