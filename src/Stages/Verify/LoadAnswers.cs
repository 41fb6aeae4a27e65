using System.Text.Json;

namespace BpfIncr.Stages.Verify;

/// <summary>What goes to a loader and comes from it, whether it runs here or in a virtual machine.</summary>
public static class LoadAnswers
{
    /// <summary>The line that asks for an object to be loaded.</summary>
    public static string Ask(string path, int logLimit) => JsonSerializer.Serialize(new LoadRequest(path, logLimit), LoaderJson.Default.LoadRequest);

    /// <summary>The answer in a line; null when the line is none.</summary>
    public static LoadReport? Parse(string? line)
    {
        if (line is null || !line.StartsWith('{')) return null;
        try
        {
            return JsonSerializer.Deserialize(line, LoaderJson.Default.LoadReport);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>A report as it is kept.</summary>
    public static byte[] Encode(LoadReport report) => JsonSerializer.SerializeToUtf8Bytes(report, LoaderJson.Default.LoadReport);

    /// <summary>
    /// Whether a report is about the object, and not about what the machine lacked for a moment, did not permit, or may have when
    /// another module is loaded.
    /// </summary>
    public static bool IsLasting(LoadReport report) => !report.Programs
        .Select(static program => program.Error).Append(report.Error)
        .Any(static error => LoadErrors.IsOfTheMachine(error) || error is LoadErrors.NotPermitted or LoadErrors.NoEntry or LoadErrors.NoProcess)
        && !report.Programs.SelectMany(static program => program.Messages).Any(static message => message.Contains("not found in kernel or module BTFs", StringComparison.Ordinal));
}
