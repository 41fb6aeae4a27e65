using BpfIncr.Cache.Digests;

namespace BpfIncr.Tests.Support;

/// <summary>The clock that file systems stamp files with. It ticks every few milliseconds; tests wait for it, not for a time.</summary>
internal static class FileClock
{
    /// <summary>Returns when no file that was changed before the call is racy any more, and the next change gets another stamp.</summary>
    public static void Settle()
    {
        var start = FileStamp.Now();
        using var directory = new TemporaryDirectory();
        var probe = directory["probe"];
        do
        {
            Thread.Sleep(1);
            File.WriteAllText(probe, "");
        }
        while (FileStamp.Of(probe).Changed - start <= FileStamp.RacyNanoseconds);
    }
}
