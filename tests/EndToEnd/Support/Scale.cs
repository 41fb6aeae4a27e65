using System.Globalization;

namespace BpfIncr.EndToEnd.Tests.Support;

/// <summary>How much of something a test does: little in each run, and as much as an environment variable says when somebody wants to know.</summary>
internal static class Scale
{
    /// <summary>The number in a variable, or that of each run.</summary>
    public static int Of(string variable, int otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    /// <summary>Where random choices begin: <c>BPFINCR_TEST_SEED</c>, else always the same.</summary>
    public static int Seed => Of("BPFINCR_TEST_SEED", 1);

    /// <summary>Says in the test's output what was done.</summary>
    public static void Report(string what) => TestContext.Current.TestOutputHelper?.WriteLine(what);
}
