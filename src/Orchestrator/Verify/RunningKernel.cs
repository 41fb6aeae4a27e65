using System.Runtime.CompilerServices;
using BpfIncr.Stages;
using BpfIncr.Stages.Verify;

namespace BpfIncr.Orchestrator.Verify;

/// <summary>The kernel that runs here.</summary>
/// <param name="program">This program, as a command line.</param>
/// <param name="library">Absolute path of libbpf.</param>
internal sealed class RunningKernel(IReadOnlyList<string> program, string library) : IKernel
{
    /// <inheritdoc/>
    public string Name => Identity.Release;

    /// <inheritdoc/>
    public KernelIdentity Identity => KernelIdentity.Running;

    /// <inheritdoc/>
    public async IAsyncEnumerable<(CheckedObject Object, LoadReport? Report)> LoadAsync(
        IReadOnlyList<CheckedObject> objects, [EnumeratorCancellation] CancellationToken cancellation)
    {
        if (objects.Count > 0 && !Environment.IsPrivilegedProcess)
            throw new UnusableKernelException(Diagnostic.Error(
                "BPFI1110", "only root may load programs into the kernel", "run it as root, or check with other kernels only: --boot needs no root"));
        using var loader = new LoaderProcess(program, library);
        foreach (var one in objects)
            yield return (one, await loader.LoadAsync(one.Path, cancellation));
    }
}
