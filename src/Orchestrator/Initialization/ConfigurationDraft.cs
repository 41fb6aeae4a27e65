using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace BpfIncr.Orchestrator.Initialization;

/// <summary>The text of a first <c>bpfincr.json</c>: what the project needs, and why.</summary>
internal static class ConfigurationDraft
{
    private const string UnstableOptions = "-Zunstable-options";

    /// <summary>The text for a project.</summary>
    public static string Of(ProjectSurvey project)
    {
        var members = new List<(string? Comment, string Text)>();
        if (project.Workspaces is not ["."])
            members.Add((null, Member("workspaces", project.Workspaces)));
        if (project.OtherPackages)
            members.Add(("Other packages have bins too, which run on this machine.", Member("packages", project.Packages)));
        if (!project.Features.IsEmpty)
            members.Add((project.Own.Features.IsEmpty ? "Without these, cargo does not build the programs." : "What the programs require, and what the project's own build switches on.", Member("features", project.Features)));
        if (!project.Own.DefaultFeatures)
            members.Add(("As the project's own build has it.", "\"defaultFeatures\": false"));
        if (!project.ProbeFeatures.IsEmpty || !project.OtherBins.IsEmpty)
            members.Add(OfProbes(project));
        if (RustFlags(project).ToList() is { Count: > 0 } flags)
            members.Add(($"{string.Join(". ", flags.Select(f => f.Why))}.", Member("rustflags", flags.SelectMany(f => f.Flags))));
        members.AddRange(OfStyle(project));
        var text = new StringBuilder("{\n");
        foreach (var ((comment, member), i) in members.Select((m, i) => (m, i)))
            text.Append(comment is null ? "" : $"  // {comment}\n").Append("  ").Append(member).Append(i < members.Count - 1 ? ",\n" : "\n");
        return text.Append("}\n").ToString();
    }

    private static (string? Comment, string Text) OfProbes(ProjectSurvey project)
    {
        var needing = project.ProbeFeatures.Select(p => $"\"{p.Key}\": {{ {Member("features", p.Value)} }}").ToList();
        var others = project.OtherBins.Select(b => $"\"{b}\": {{ \"skip\": true }}").ToList();
        var comment = (needing.Count, others.Count) switch
        {
            (0, _) => "Bins that run on this machine.",
            (_, 0) => "What cargo does not build single programs without.",
            _ => "What cargo does not build single programs without; and bins that run on this machine.",
        };
        return (comment, $"\"probes\": {{ {string.Join(", ", needing.Concat(others))} }}");
    }

    private static IEnumerable<(string Why, IEnumerable<string> Flags)> RustFlags(ProjectSurvey project)
    {
        if (project.Style == ProjectStyle.Aya && !project.Own.RustFlags.Any(f => f.Contains("bpf_target_arch=", StringComparison.Ordinal)))
            yield return ("aya's bindings are those of one architecture", [$"--cfg=bpf_target_arch=\"{project.Architecture}\""]);
        if (project.Style == ProjectStyle.RedBpf)
            yield return ("What cargo-bpf says where it finds no kernel headers; else it says the version, such as \"5.7\"", ["--cfg=kernel_version=\"unknown\"", "--check-cfg=cfg(kernel_version, values(any()))"]);
        if (!project.Own.RustFlags.IsEmpty)
            yield return ("As the project's own configuration of cargo has it", project.Own.RustFlags);
        if (project.Own.LinksByArgument)
            yield return ("A build script links with link-arg=, which rustc takes only with this flag", [UnstableOptions]);
    }

    private static IEnumerable<(string? Comment, string Text)> OfStyle(ProjectSurvey project) => project.Style switch
    {
        ProjectStyle.Aya =>
        [
            ("The oldest kernel that is to load the objects: 4.15, 4.19, 5.4, 5.10, 5.15, 6.1, 6.6, 6.12 or latest.", "\"variants\": { \"modern\": { \"kernel\": \"5.10\" } }"),
        ],
        ProjectStyle.RedBpf =>
        [
            ("What redbpf-probes finds the kernel's types by.", Member("env", ["KERNEL_SOURCE", "KERNEL_VERSION", "REDBPF_VMLINUX"])),
            ("redbpf-probes and cty are for the architectures that kernels run on: for the BPF target, they do not compile.", "\"toolchain\": { \"mode\": \"host\" }"),
            ("As cargo-bpf inlines and optimizes. Its --force-loop-unroll is \"unroll\": true; \"sectionNames\": \"libbpf\" is for other loaders than redbpf's.", "\"variants\": { \"redbpf\": { \"inline\": \"all\", \"optimize\": \"O3\" } }"),
        ],
        _ => [("The oldest kernel that is to load the objects: 4.15, 4.19, 5.4, 5.10, 5.15, 6.1, 6.6, 6.12 or latest.", "\"variants\": { \"modern\": { \"kernel\": \"5.10\" } }")],
    };

    private static string Member(string name, IEnumerable<string> values) =>
        $"\"{name}\": [{string.Join(", ", values.Select(v => $"\"{JsonEncodedText.Encode(v, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\""))}]";
}
