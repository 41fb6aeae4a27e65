using System.Diagnostics;
using System.Formats.Tar;
using System.Text.RegularExpressions;
using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Digests;
using BpfIncr.Stages;
using BpfIncr.Stages.Rustc;

namespace BpfIncr.Orchestrator.Verify.Boot;

/// <summary>
/// Kernels of Debian's archive, each downloaded once and kept beside the cache, unpacked and never installed. apt does it, with
/// the archive that it is set up for here and a state of its own, so that the machine's stays as it is.
/// </summary>
/// <param name="directory">Where they are kept.</param>
/// <param name="results">The cache, whose locks keep two processes from downloading the same.</param>
internal sealed partial class KernelImages(string directory, ActionCache results)
{
    private const string Keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

    /// <summary>The file of a kernel.</summary>
    /// <exception cref="UnusableKernelException">It is not there and cannot be had.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<string> GetAsync(KernelSource source, CancellationToken cancellation)
    {
        var own = Path.Combine(directory, source.Name);
        try
        {
            Directory.CreateDirectory(own);
            // Another process may be at it.
            using var turn = await results.LockAsync(Digest.OfText($"kernel {source.Name}"), cancellation);
            return Directory.EnumerateFiles(own, "vmlinuz-*").FirstOrDefault(f => !f.EndsWith(".new", StringComparison.Ordinal)) ?? Download(source, own);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Trouble(source, e.Message);
        }
    }

    private static string Download(KernelSource source, string own)
    {
        foreach (var needed in (string[])["lists/partial", "archives/partial"])
            Directory.CreateDirectory(Path.Combine(own, needed));
        File.WriteAllText(Path.Combine(own, "status"), "");
        File.WriteAllText(Path.Combine(own, "sources.list"), $"deb [signed-by={Keyring}] {ArchiveOf(source)} {source.Suite} main\n");
        Apt(source, own, "apt-get", "update", "-q");
        var package = Apt(source, own, "apt-cache", "search", "--names-only", source.PackagePattern).Split('\n')
            .Select(l => l.Split(' ')[0]).Where(n => n.Length > 0).MaxBy(VersionOf)
            ?? throw Trouble(source, $"Debian's {source.Suite} has none");
        Apt(source, own, "apt-get", "download", package);
        var archive = Directory.EnumerateFiles(own, "*.deb").FirstOrDefault() ?? throw Trouble(source, $"apt brings no {package}");
        var image = Extract(source, archive, own);
        File.Delete(archive);
        Directory.Delete(Path.Combine(own, "lists"), recursive: true);
        return image;
    }

    private static string ArchiveOf(KernelSource source)
    {
        var wanted = source.IsSecurity ? "/debian-security" : "/debian";
        // What an update would fetch: it is said also where none was made yet.
        var fetched = ToolProcess.Ask("apt-get", "/", "update", "--print-uris") ?? "";
        return Archive().Matches(fetched).Select(m => m.Groups[1].Value).FirstOrDefault(u => u.EndsWith(wanted, StringComparison.Ordinal))
            ?? throw Trouble(source, $"apt here is set up for no archive of Debian that ends in {wanted}");
    }

    private static string Apt(KernelSource source, string own, string program, params string[] arguments)
    {
        string[] settings =
        [
            $"Dir::State::Lists={own}/lists", $"Dir::State::status={own}/status", $"Dir::Cache={own}", $"Dir::Cache::archives={own}/archives",
            $"Dir::Etc::SourceList={own}/sources.list", "Dir::Etc::SourceParts=/dev/null", "Acquire::Languages=none", "APT::Sandbox::User=root",
        ];
        var (output, errors) = ToolProcess.Run(program, own, [], [.. settings.SelectMany(s => (string[])["-o", s]), .. arguments]);
        return output ?? throw Trouble(source, $"{program} {arguments[0]} failed: {errors.Trim()}");
    }

    private static string Extract(KernelSource source, string archive, string own)
    {
        using var unpacking = Process.Start(new ProcessStartInfo("dpkg-deb", ["--fsys-tarfile", archive])
        {
            RedirectStandardOutput = true,
            // What it says of a reader who has seen enough.
            RedirectStandardError = true,
        })!;
        using var tar = new TarReader(unpacking.StandardOutput.BaseStream);
        while (tar.GetNextEntry() is { } entry)
        {
            // boot/vmlinuz-RELEASE, or lib/modules/RELEASE/vmlinuz.
            if (entry.EntryType is not TarEntryType.RegularFile || ImageIn().Match(entry.Name) is not { Success: true } found)
                continue;
            var image = Path.Combine(own, $"vmlinuz-{found.Groups[1].Value}{found.Groups[2].Value}");
            entry.ExtractToFile($"{image}.new", overwrite: true);
            File.Move($"{image}.new", image, overwrite: true);
            unpacking.Kill();
            return image;
        }
        throw Trouble(source, $"there is no kernel in {Path.GetFileName(archive)}");
    }

    // 6.12.9 is older than 6.12.10.
    private static string VersionOf(string package) => Digits().Replace(package, m => m.Value.PadLeft(6, '0'));

    private static UnusableKernelException Trouble(KernelSource source, string why) => new(Diagnostic.Error(
        "BPFI1113", $"the kernel {source.Name} cannot be had: {why}",
        "kernels come from Debian's archive, through apt; on another system, check with the running kernel only"));

    [GeneratedRegex(@"^'(\S+?)/dists/", RegexOptions.Multiline)]
    private static partial Regex Archive();

    [GeneratedRegex(@"/boot/vmlinuz-([^/]+)$|/lib/modules/([^/]+)/vmlinuz$")]
    private static partial Regex ImageIn();

    [GeneratedRegex(@"\d+")]
    private static partial Regex Digits();
}
