namespace BpfIncr.EndToEnd.Tests.Support;

/// <summary>What a test says of how much it did.</summary>
internal static class Scale
{
    /// <summary>Says in the test's output what was done.</summary>
    public static void Report(string what) => TestContext.Current.TestOutputHelper?.WriteLine(what);
}
