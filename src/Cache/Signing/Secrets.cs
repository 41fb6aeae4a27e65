using BpfIncr.Cache.Digests;

namespace BpfIncr.Cache.Signing;

/// <summary>
/// Keeps a key where it belongs. Whatever a build starts (cargo, build scripts, proc macros) runs as the same user and inherits
/// the environment: what is in there is anyone's.
/// </summary>
public static class Secrets
{
    /// <summary>
    /// The value of a variable, which is gone from the environment then: from what processes inherit, and from what the system
    /// shows of this one in <c>/proc</c>.
    /// </summary>
    /// <returns>Null when it is not set, or empty.</returns>
    public static string? TakeVariable(string name)
    {
        var value = Environment.GetEnvironmentVariable(name);
        if (value is null)
            return null;
        Environment.SetEnvironmentVariable(name, null);
        Posix.EraseVariable(name);
        return value.Length == 0 ? null : value;
    }

    /// <summary>From now on, no process of the same user can look into this one's memory, unless that user is root.</summary>
    public static void HideMemory() => Posix.DenyInspection();

    /// <summary>Whether a file of this user's own can be read by others as well; ssh asks the same of its keys.</summary>
    public static bool IsExposed(string path) => Posix.StatX(path, out var stat) && stat.IsOwn && stat.IsOpenToOthers;
}
