using System.Diagnostics;
using System.Runtime.CompilerServices;
using BpfIncr.Cache.Digests;
using BpfIncr.Stages;
using BpfIncr.Stages.Verify;

namespace BpfIncr.Orchestrator.Verify.Boot;

/// <summary>
/// A kernel that is booted in a virtual machine for the objects that it is asked about. The machine is emulated in software, so that it
/// runs everywhere; it has no network and no disk, and is gone when the last object was loaded.
/// </summary>
internal sealed class BootedKernel : IKernel
{
    private static readonly TimeSpan PatienceToBoot = TimeSpan.FromMinutes(1), PatienceForAnObject = TimeSpan.FromMinutes(10);
    private const int LastLines = 12;

    private readonly string _image, _machine, _directory;
    private readonly InitialFileSystem _files;

    /// <param name="image">Its file.</param>
    /// <param name="machine">qemu.</param>
    /// <param name="files">What it finds.</param>
    /// <param name="directory">An empty directory for it.</param>
    public BootedKernel(string image, string machine, InitialFileSystem files, string directory)
    {
        (_image, _machine, _files, _directory) = (image, machine, files, directory);
        Name = Path.GetFileName(image)["vmlinuz-".Length..];
        // The file is all that such a kernel is.
        Identity = new KernelIdentity(Name, Digest.OfFile(image).Hash);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public KernelIdentity Identity { get; }

    /// <inheritdoc/>
    public async IAsyncEnumerable<(CheckedObject Object, LoadReport? Report)> LoadAsync(
        IReadOnlyList<CheckedObject> objects, [EnumeratorCancellation] CancellationToken cancellation)
    {
        if (objects.Count == 0)
            yield break;
        var archive = Path.Combine(_directory, "initrd");
        _files.Write(archive, objects);
        using var machine = Start(archive);
        await using var kill = cancellation.Register(() => Kill(machine));
        var console = new Queue<string>();
        var next = 0;
        try
        {
            while (await ReadAsync(machine, next == 0 ? PatienceToBoot : PatienceForAnObject, console, cancellation) is { } line)
            {
                if (line == InitialFileSystem.End)
                    break;
                var report = LoadAnswers.Parse(line);
                if (report is null && line != InitialFileSystem.Crash)
                    continue;
                yield return (objects[next++], report);
                if (next == objects.Count)
                    break;
            }
            cancellation.ThrowIfCancellationRequested();
            if (next < objects.Count)
                throw new UnusableKernelException(Diagnostic.Error(
                    "BPFI1114", $"the kernel {Name} has stopped at {objects[next].Name}", "it crashed, or took too long; its last words are below") with
                { Detail = string.Join('\n', console) });
        }
        finally
        {
            Kill(machine);
        }
    }

    // The oldest processor that .NET runs on, so that little has to be emulated. A kernel that crashes ends the machine. The kernel is
    // not to use cmpxchg16b (feature 141): qemu 7.2 leaves wrong flags behind it, and 6.12 crashed of that, often while it booted.
    private Process Start(string archive)
    {
        var machine = Process.Start(new ProcessStartInfo(_machine,
        [
            "-accel", "tcg", "-cpu", "Nehalem", "-smp", "1", "-m", "1024", "-display", "none", "-nodefaults", "-nic", "none", "-no-reboot",
            "-serial", "stdio", "-kernel", _image, "-initrd", archive, "-append", "console=ttyS0 quiet oops=panic panic=-1 mitigations=off clearcpuid=141 rdinit=/init",
        ])
        { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        machine.StandardInput.Close();
        return machine;
    }

    // The next line that is not the kernel's own; null at the end.
    private static async Task<string?> ReadAsync(Process machine, TimeSpan patience, Queue<string> console, CancellationToken cancellation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(patience);
        try
        {
            while (await machine.StandardOutput.ReadLineAsync(deadline.Token) is { } line)
            {
                if (line.StartsWith('{') || line.StartsWith("bpfincr: ", StringComparison.Ordinal))
                    return line.TrimEnd();
                console.Enqueue(line.TrimEnd());
                if (console.Count > LastLines)
                    console.Dequeue();
            }
        }
        catch (OperationCanceledException)
        {
            // Too slow, or nobody wants to know any more: the caller tells which.
        }
        return null;
    }

    private static void Kill(Process machine)
    {
        if (!machine.HasExited)
            machine.Kill();
    }
}
