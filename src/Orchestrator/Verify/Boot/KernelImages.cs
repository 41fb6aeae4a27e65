using System.Diagnostics;
using System.Formats.Tar;
using System.Text.RegularExpressions;
using BpfIncr.Stages;
using BpfIncr.Stages.Rustc;

namespace BpfIncr.Orchestrator.Verify.Boot;

/// <summary>
/// Kernels of Debian's archive, each downloaded once and kept beside the cache, unpacked and never installed. apt does it, with
/// the archive that it is set up for here and a state of its own, so that the machine's stays as it is.
/// </summary>
/// <param name="directory">Where they are kept.</param>
internal sealed partial class KernelImages(string directory)
{
    private const string Keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

    /// <summary>The file of a kernel.</summary>
    /// <exception cref="UnusableKernelException">It is not there and cannot be had.</exception>
    public string Get(KernelSource source)
    {
        var own = Path.Combine(directory, source.Name);
        try
        {
            Directory.CreateDirectory(own);
            // Another process may be at it.
            using var turn = new FileStream(Path.Combine(own, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);
            turn.Lock(0, 0);
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
        var url = Apt(source, own, "apt-get", "download", "--print-uris", package);
        Apt(source, own, "apt-get", "download", package);
        var archive = Directory.EnumerateFiles(own, "*.deb").FirstOrDefault() ?? throw Trouble(source, $"apt brings no {package} ({url.Trim()})");
        var image = Extract(source, archive, own);
        File.Delete(archive);
        Directory.Delete(Path.Combine(own, "lists"), recursive: true);
        return image;
    }

    private static string ArchiveOf(KernelSource source)
    {
        var wanted = source.IsSecurity ? "/debian-security" : "/debian";
        var known = ToolProcess.Ask("apt-get", "/", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages") ?? "";
        return known.Split('\n').Select(u => u.Trim().TrimEnd('/')).FirstOrDefault(u => u.EndsWith(wanted, StringComparison.Ordinal))
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
            var name = Path.GetFileName(entry.Name);
            if (entry.EntryType is not TarEntryType.RegularFile || !name.StartsWith("vmlinuz-", StringComparison.Ordinal))
                continue;
            var image = Path.Combine(own, name);
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

    [GeneratedRegex(@"\d+")]
    private static partial Regex Digits();
}
