namespace BpfIncr.Stages.Verify;

/// <summary>The error numbers that mean something to a verdict.</summary>
internal static class LoadErrors
{
    public const int NotPermitted = 1;
    public const int NoEntry = 2;
    public const int NoProcess = 3;
    public const int Interrupted = 4;
    public const int TooBig = 7;
    public const int TryAgain = 11;
    public const int NoMemory = 12;
    public const int InvalidArgument = 22;
    public const int TooManyFilesInSystem = 23;
    public const int TooManyFiles = 24;
    public const int NoSpace = 28;

    /// <summary>Whether it is the machine that lacks something for the moment, whatever the program is like.</summary>
    public static bool IsOfTheMachine(int error) =>
        error is Interrupted or TryAgain or NoMemory or TooManyFilesInSystem or TooManyFiles;
}
