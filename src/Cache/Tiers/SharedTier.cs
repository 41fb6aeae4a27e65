using System.Collections.Concurrent;
using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Digests;
using BpfIncr.Cache.Signing;

namespace BpfIncr.Cache.Tiers;

/// <summary>
/// A shared tier as a build uses it: nothing that is the matter with it is an exception, and nothing takes longer than its
/// deadline. What it gives is checked; a result that has to be signed and is not counts as missing. The first call that fails or
/// is late is reported, and turns the tier off for the rest of the pass.
///
/// A call that hangs cannot be interrupted. So each has a thread of its own, which is left behind when the call is late. As
/// long as one is still blocked, the tier stays off.
/// </summary>
/// <param name="settings">What is said of the tier.</param>
/// <param name="store">The tier itself.</param>
/// <param name="report">Told of trouble, from any thread.</param>
public sealed class SharedTier(TierSettings settings, ICacheTier store, Action<TierTrouble> report)
{
    // Between looking and writing somebody else may have written.
    private const int Tries = 3;

    private readonly ConcurrentDictionary<Digest, bool> _missing = new();
    private readonly ConcurrentBag<Task> _late = [];
    private readonly Lazy<Signers> _signers = new(() => Signers.Of(settings.Signers));
    private int _isOff;
    private int _isUnwritable;
    private int _isUntrusted;

    /// <summary>What is said of the tier.</summary>
    public TierSettings Settings => settings;

    /// <summary>Whether it is asked at all.</summary>
    public bool IsOn => _isOff == 0;

    /// <summary>A new pass begins: what was wrong may be right again, and what was missing may be there.</summary>
    public void Rearm()
    {
        _missing.Clear();
        _isUnwritable = 0;
        _isUntrusted = 0;
        _isOff = _late.All(c => c.IsCompleted) ? 0 : 1;
    }

    /// <summary>The result of an action; null when the tier has none that is sound. What it does not have, it is not asked for twice in a pass.</summary>
    public StepResult? TryGet(Digest key) => _missing.ContainsKey(key) ? null : Look(key);

    /// <summary>The content of a blob; null when it is missing or damaged.</summary>
    public byte[]? TryRead(Digest digest)
    {
        var content = Call(s => s.ReadBlob(digest));
        if (content is null || Digest.Of(content) == digest)
            return content;
        Discard($"blob {digest.Short}", s => s.RemoveBlob(digest));
        return null;
    }

    /// <summary>Whether it can be read, which this tries.</summary>
    public bool Answers()
    {
        Look(Digest.OfText(settings.Path));
        return IsOn;
    }

    /// <summary>Whether it has a blob, as far as can be told without reading it.</summary>
    public bool Has(Digest digest) => Call(s => s.HasBlob(digest));

    /// <summary>
    /// Stores a result and the blobs that it names, blobs first, unless it has a result of that action that is accepted here. What is
    /// not accepted itself is not stored: it would be of use to nobody.
    /// </summary>
    /// <param name="result">The result.</param>
    /// <param name="read">Gives a blob's content; null when there is none, and then nothing is stored.</param>
    public void Add(StepResult result, Func<Digest, byte[]?> read)
    {
        if (settings.IsReadOnly)
            return;
        var content = ResultFile.Encode(result);
        if (_signers.Value.ObjectionTo(content) is not null)
            return;
        var first = Look(result.Action.Key);
        if (first is null && result.Outputs.All(o => Store(o.Digest, read)))
            first = AddOrReplace(result.Action.Key, content);
        if (first is not null && first.Identity != result.Identity)
            Report(TierTroubleKind.NonDeterministic, Difference(first, result));
    }

    /// <summary>Replaces a result that is not final by what is made of it. There are no locks: it is looked at again after it was written.</summary>
    /// <param name="key">The action key.</param>
    /// <param name="blob">The blob that the result has to name.</param>
    /// <param name="change">Makes the new result of the one that is there; null when that is good as it is.</param>
    /// <param name="read">Gives a blob's content.</param>
    public void Update(Digest key, Digest blob, Func<StepResult?, StepResult?> change, Func<Digest, byte[]?> read)
    {
        if (settings.IsReadOnly || !Store(blob, read))
            return;
        for (var tries = 0; tries < Tries && change(Look(key)) is { } wanted; tries++)
        {
            var content = ResultFile.Encode(wanted);
            if (_signers.Value.ObjectionTo(content) is not null)
                return;
            Call(s => Done(() => s.ReplaceResult(key, content)), isWrite: true);
        }
    }

    /// <summary>A result of it is of no use, because a blob is lost that it names.</summary>
    public void Forget(Digest key)
    {
        _missing[key] = true;
        Remove(s => s.RemoveResult(key));
    }

    // What others accept may lie here as well; in the place of what is not accepted comes what is. Gives the one that was first.
    private StepResult? AddOrReplace(Digest key, byte[] content)
    {
        if (Call(s => s.AddResult(key, content), isWrite: true) is not { } there)
            return null;
        if (Accept(key, there) is { } first)
            return first;
        Call(s => Done(() => s.ReplaceResult(key, content)), isWrite: true);
        return null;
    }

    private StepResult? Look(Digest key)
    {
        if (Call(s => s.ReadResult(key)) is { } content && Accept(key, content) is { } result)
            return result;
        _missing[key] = true;
        return null;
    }

    // Nothing in it is looked at before its signature.
    private StepResult? Accept(Digest key, byte[] content)
    {
        var objection = _signers.Value.ObjectionTo(content);
        if (objection is null && ResultFile.Decode(content) is { } result && result.Action.Key == key)
            return result;
        if (objection is null || !ResultFile.IsWhole(content))
            Discard($"result {key.Short}", s => s.RemoveResult(key));
        else
            Break(ref _isUntrusted, TierTroubleKind.Untrusted, $"result {key.Short} {objection}");
        return null;
    }

    private bool Store(Digest digest, Func<Digest, byte[]?> read)
    {
        if (Has(digest))
            return true;
        return IsOn && read(digest) is { } content && Call(s => Done(() => s.WriteBlob(digest, content)), isWrite: true);
    }

    private void Discard(string what, Action<ICacheTier> remove)
    {
        Report(TierTroubleKind.Damaged, what);
        Remove(remove);
    }

    private void Remove(Action<ICacheTier> remove)
    {
        if (!settings.IsReadOnly)
            Call(s => Done(() => remove(s)), isWrite: true);
    }

    private static string Difference(StepResult first, StepResult second)
    {
        var (theirs, ours) = (first.Outputs.Except(second.Outputs).ToList(), second.Outputs.Except(first.Outputs).ToList());
        var name = theirs.Concat(ours).First().Name;
        return $"{first.Action.Arguments[0]} (key {first.Action.Key.Short}) gave {name} as {ShortOf(ours, name)} here and as {ShortOf(theirs, name)} there";
    }

    private static string ShortOf(IEnumerable<StepOutput> outputs, string name) =>
        outputs.Where(o => o.Name == name).Select(o => o.Digest.Short).FirstOrDefault("nothing");

    private static bool Done(Action call)
    {
        call();
        return true;
    }

    private T? Call<T>(Func<ICacheTier, T?> call, bool isWrite = false)
    {
        if (!IsOn || (isWrite && _isUnwritable != 0))
            return default;
        var answer = Task.Factory.StartNew(() => call(store), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        if (Task.WaitAny([answer], settings.Deadline) < 0)
        {
            _late.Add(answer);
            Break(ref _isOff, TierTroubleKind.Unusable, $"it did not answer within {settings.Deadline.TotalSeconds} s");
            return default;
        }
        try
        {
            return answer.GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (!isWrite)
                Break(ref _isOff, TierTroubleKind.Unusable, e.Message);
            else if (Answers())
                Break(ref _isUnwritable, TierTroubleKind.Unwritable, e.Message);
            return default;
        }
    }

    private void Break(ref int state, TierTroubleKind kind, string why)
    {
        if (Interlocked.Exchange(ref state, 1) == 0)
            Report(kind, why);
    }

    private void Report(TierTroubleKind kind, string detail) => report(new TierTrouble(kind, settings, detail));
}
