namespace BpfIncr.Orchestrator.Programs;

/// <summary>The path by which a process knows the directory that it is in: no part of it is a link.</summary>
internal static class RealPath
{
    // As many as the kernel follows.
    private const int MaximumLinks = 40;

    /// <summary>The real path of an absolute one; what is not there is taken as it is.</summary>
    public static string Of(string path) => Of(path, MaximumLinks);

    private static string Of(string path, int links)
    {
        var real = "/";
        foreach (var part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            var next = Path.Combine(real, part);
            real = links > 0 && new FileInfo(next).LinkTarget is { } target ? Of(Path.GetFullPath(target, real), links - 1) : next;
        }
        return real;
    }
}
