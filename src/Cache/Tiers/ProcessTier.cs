using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using BpfIncr.Cache.Digests;

namespace BpfIncr.Cache.Tiers;

/// <summary>
/// A tier that other processes touch for this one, each serving one call at a time. A process cannot end while one of its
/// threads waits in the kernel for a file system that has taken a request and does not answer, not even when it is killed,
/// and whoever waits for the process waits too. So it must not be the process that somebody waits for: this one waits at a
/// pipe, which it can leave at any time. Processes end when this one does, as soon as the file system lets them.
/// </summary>
/// <param name="program">A command line that serves a tier on its standard streams.</param>
public sealed class ProcessTier(ImmutableArray<string> program) : ICacheTier
{
    private readonly ConcurrentBag<Process> _idle = [];

    /// <inheritdoc/>
    public byte[]? ReadResult(Digest key) => Ask(TierCall.ReadResult, key);

    /// <inheritdoc/>
    public byte[]? ReadBlob(Digest digest) => Ask(TierCall.ReadBlob, digest);

    /// <inheritdoc/>
    public bool HasBlob(Digest digest) => Ask(TierCall.HasBlob, digest) is not null;

    /// <inheritdoc/>
    public void WriteBlob(Digest digest, byte[] content) => Ask(TierCall.WriteBlob, digest, content);

    /// <inheritdoc/>
    public byte[]? AddResult(Digest key, byte[] content) => Ask(TierCall.AddResult, key, content);

    /// <inheritdoc/>
    public void ReplaceResult(Digest key, byte[] content) => Ask(TierCall.ReplaceResult, key, content);

    /// <inheritdoc/>
    public void RemoveResult(Digest key) => Ask(TierCall.RemoveResult, key);

    /// <inheritdoc/>
    public void RemoveBlob(Digest digest) => Ask(TierCall.RemoveBlob, digest);

    private byte[]? Ask(TierCall call, Digest digest, byte[]? content = null)
    {
        var process = _idle.TryTake(out var idle) ? idle : Start();
        var (answer, bytes) = Ask(process, call, digest, content ?? []);
        _idle.Add(process);
        return answer switch
        {
            TierAnswer.Nothing => null,
            TierAnswer.Content => bytes,
            _ => throw new IOException(Encoding.UTF8.GetString(bytes)),
        };
    }

    private static (TierAnswer Answer, byte[] Content) Ask(Process process, TierCall call, Digest digest, byte[] content)
    {
        try
        {
            TierMessage.WriteQuestion(process.StandardInput.BaseStream, call, digest, content);
            return TierMessage.ReadAnswer(process.StandardOutput.BaseStream);
        }
        catch (IOException)
        {
            process.Dispose();
            throw new IOException("the process that looked at it has ended");
        }
    }

    private Process Start()
    {
        // Nothing of it may keep anything of this process open: neither its output, nor the directory it is in.
        var start = new ProcessStartInfo(program[0], program[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new IOException($"no process could be started that looks at it: {e.Message}");
        }
    }
}
