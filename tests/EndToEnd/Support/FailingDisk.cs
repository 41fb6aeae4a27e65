using System.Globalization;

namespace BpfIncr.EndToEnd.Tests.Support;

/// <summary>What a disk can do to a program: calls about files below a directory fail.</summary>
/// <param name="Path">The directory.</param>
/// <param name="Error">The system's number of the error.</param>
/// <param name="After">How many calls of each process go well before.</param>
/// <param name="Calls">How many fail then.</param>
internal sealed record FailingDisk(string Path, int Error, int After, int Calls)
{
    /// <summary>Reading and writing fail: the disk is broken.</summary>
    public const int InputOutput = 5;

    /// <summary>Nothing may be written: no permission.</summary>
    public const int Permission = 13;

    /// <summary>No space is left.</summary>
    public const int Full = 28;

    /// <summary>The file system has become read-only, as it does when it has found a mistake in itself.</summary>
    public const int ReadOnly = 30;

    /// <summary>The user has as much as a user may have.</summary>
    public const int Quota = 122;

    /// <summary>The variables that make it so for a program and all that it starts.</summary>
    public IEnumerable<(string Name, string Value)> Variables() =>
    [
        Interposed.By("failing_disk"),
        ("FAILING_DISK_PATH", Path),
        ("FAILING_DISK_ERRNO", Text(Error)),
        ("FAILING_DISK_READS", Error == InputOutput ? "1" : "0"),
        ("FAILING_DISK_AFTER", Text(After)),
        ("FAILING_DISK_CALLS", Text(Calls)),
    ];

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
