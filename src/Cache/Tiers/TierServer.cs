using System.Runtime.InteropServices;
using System.Text;
using BpfIncr.Cache.Digests;

namespace BpfIncr.Cache.Tiers;

/// <summary>The program of a process that touches a tier for another one: one call at a time, until its input ends.</summary>
public static class TierServer
{
    /// <summary>The mode of a tier that is only read.</summary>
    public const string ReadOnly = "read-only";

    /// <summary>The mode of one that is written too.</summary>
    public const string ReadWrite = "read-write";

    /// <summary>Serves a directory on the process's standard streams.</summary>
    /// <param name="mode"><see cref="ReadOnly"/> or <see cref="ReadWrite"/>.</param>
    /// <param name="path">The directory.</param>
    /// <returns>The process's exit code.</returns>
    public static int RunOnStandardStreams(string mode, string path)
    {
        // Ctrl-C goes to every process on the terminal; who asks decides when there are no more questions.
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => context.Cancel = true);
        using var input = Console.OpenStandardInput();
        using var output = Console.OpenStandardOutput();
        try
        {
            Run(new DirectoryTier(path, isReadOnly: mode == ReadOnly), input, output);
        }
        catch (IOException)
        {
            // Whoever asked is gone.
        }
        return 0;
    }

    /// <summary>Serves a tier on given streams.</summary>
    /// <exception cref="IOException">Whoever asks is gone.</exception>
    public static void Run(ICacheTier store, Stream input, Stream output)
    {
        while (TierMessage.ReadQuestion(input) is var (call, digest, content))
        {
            var (answer, bytes) = Answer(store, call, digest, content);
            TierMessage.WriteAnswer(output, answer, bytes);
        }
    }

    private static (TierAnswer Answer, byte[] Content) Answer(ICacheTier store, TierCall call, Digest digest, byte[] content)
    {
        try
        {
            return Call(store, call, digest, content) is { } result ? (TierAnswer.Content, result) : (TierAnswer.Nothing, []);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (TierAnswer.Failed, Encoding.UTF8.GetBytes(e.Message));
        }
    }

    private static byte[]? Call(ICacheTier store, TierCall call, Digest digest, byte[] content)
    {
        switch (call)
        {
            case TierCall.ReadResult:
                return store.ReadResult(digest);
            case TierCall.ReadBlob:
                return store.ReadBlob(digest);
            case TierCall.HasBlob:
                return store.HasBlob(digest) ? [] : null;
            case TierCall.WriteBlob:
                store.WriteBlob(digest, content);
                return null;
            case TierCall.AddResult:
                return store.AddResult(digest, content);
            case TierCall.ReplaceResult:
                store.ReplaceResult(digest, content);
                return null;
            case TierCall.RemoveResult:
                store.RemoveResult(digest);
                return null;
            case TierCall.RemoveBlob:
                store.RemoveBlob(digest);
                return null;
            default:
                throw new IOException($"there is no call {call}");
        }
    }
}
