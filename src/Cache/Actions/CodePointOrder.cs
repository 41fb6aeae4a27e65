namespace BpfIncr.Cache.Actions;

/// <summary>
/// The order in which the Remote Execution API wants names: by code point, which is that of their UTF-8 bytes. .NET's
/// ordinal order is that of UTF-16 units, and puts what lies beyond the first plane before some of what lies in it.
/// </summary>
internal sealed class CodePointOrder : IComparer<string>
{
    public static readonly CodePointOrder Instance = new();

    /// <inheritdoc/>
    public int Compare(string? x, string? y)
    {
        var shared = x.AsSpan().CommonPrefixLength(y);
        if (x is null || y is null || shared == x.Length || shared == y.Length)
            return (x?.Length ?? -1).CompareTo(y?.Length ?? -1);
        // Where two texts part, a surrogate stands for something above every character that is none.
        var (a, b) = (char.IsSurrogate(x[shared]), char.IsSurrogate(y[shared]));
        return a == b ? x[shared].CompareTo(y[shared]) : a.CompareTo(b);
    }
}
