using System.Text;

namespace BpfIncr.Stages.KernelFunctions;

/// <summary>
/// The functions that kernels let programs call (kfuncs), with their prototypes, as <c>eng/kernel-functions.sh</c> has found them in several kernels.
/// rustc says nothing of the types of a function that it only declares, and loaders compare them with those of the kernel.
/// </summary>
internal static class KernelFunctionTable
{
    private static readonly Lazy<(string Digest, Dictionary<string, List<string>> Rows)> Table = new(Read);

    /// <summary>The digest of the table: whatever is made with it depends on it.</summary>
    public static string Digest => Table.Value.Digest;

    /// <summary>The names of all functions.</summary>
    public static IReadOnlyCollection<string> Names => Table.Value.Rows.Keys;

    /// <summary>The prototypes that kernels have had of a function, those of the oldest first; none for a function that is not known.</summary>
    public static IReadOnlyList<string> Prototypes(string function) => Table.Value.Rows.GetValueOrDefault(function) ?? [];

    private static (string Digest, Dictionary<string, List<string>> Rows) Read()
    {
        using Stream stream = typeof(KernelFunctionTable).Assembly.GetManifestResourceStream("kernel-functions.txt")!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        string text = reader.ReadToEnd();
        var rows = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            int end = line.IndexOf(' ', StringComparison.Ordinal);
            if (!rows.TryGetValue(line[..end], out List<string>? prototypes)) rows[line[..end]] = prototypes = [];
            prototypes.Add(line[(end + 1)..]);
        }

        return (BpfIncr.Cache.Digests.Digest.OfText(text).ToString(), rows);
    }
}
