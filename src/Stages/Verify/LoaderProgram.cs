using System.Text;
using System.Text.Json;
using BpfIncr.Stages.Workers;

namespace BpfIncr.Stages.Verify;

/// <summary>The program of a loader process: one object at a time, until its input ends.</summary>
public static class LoaderProgram
{
    /// <summary>The hidden command that starts it.</summary>
    public const string Command = "load";

    /// <summary>
    /// Serves on the process's standard streams. It reads no byte more than it needs, so that another loader can go on with the
    /// same input when this one has ended in the middle of a request.
    /// </summary>
    /// <param name="library">Absolute path of libbpf.</param>
    /// <returns>The process's exit code.</returns>
    public static int RunOnStandardStreams(string library)
    {
        using FileStream output = StandardStreams.ClaimOutput();
        using Stream input = Console.OpenStandardInput();
        LibbpfLibrary.Load(library);
        LibbpfMessages.Listen();
        while (ReadLine(input) is { } line)
        {
            LoadRequest request = JsonSerializer.Deserialize(line, LoaderJson.Default.LoadRequest)!;
            output.Write([.. Answer(request), (byte)'\n']);
            output.Flush();
        }

        return 0;
    }

    private static byte[] Answer(LoadRequest request) =>
        JsonSerializer.SerializeToUtf8Bytes(Loader.Run(File.ReadAllBytes(request.Path), request.LogLimit), LoaderJson.Default.LoadReport);

    private static string? ReadLine(Stream input)
    {
        var line = new List<byte>();
        for (int next; (next = input.ReadByte()) != '\n'; line.Add((byte)next))
        {
            if (next < 0) return null;
        }

        return Encoding.UTF8.GetString([.. line]);
    }
}
