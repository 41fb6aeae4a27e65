using System.Security.Cryptography;
using System.Text;
using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Digests;

namespace BpfIncr.Cache.Tests.Actions;

/// <summary>
/// The bytes that are hashed are those that any other implementation of the Remote Execution API would send. They
/// are written here by hand: <c>(field &lt;&lt; 3) | type</c>, length, content.
/// </summary>
public sealed class RemoteExecutionEncodingTests
{
    [Fact]
    public void A_tiny_action_has_the_bytes_of_the_API()
    {
        var action = new StepAction(
            ["cc", "-c"],
            [new("B", "2"), new("A", "1")],
            [new("toolchain", "t1")],
            new InputTree([new("src/main.rs", Digest.OfText("abc")), new("Cargo.toml", Digest.OfText(""))]),
            ["out.o"],
            "u");

        byte[] command =
        [
            .. Field(1, "cc"), .. Field(1, "-c"),
            .. Field(2, [.. Field(1, "A"), .. Field(2, "1")]),
            .. Field(2, [.. Field(1, "B"), .. Field(2, "2")]),
            .. Field(7, "out.o"),
        ];
        byte[] source = Field(1, [.. Field(1, "main.rs"), .. Field(2, DigestOf("abc"u8))]);
        byte[] root =
        [
            .. Field(1, [.. Field(1, "Cargo.toml"), .. Field(2, DigestOf([]))]),
            .. Field(2, [.. Field(1, "src"), .. Field(2, DigestOf(source))]),
        ];
        byte[] expected =
        [
            .. Field(1, DigestOf(command)),
            .. Field(2, DigestOf(root)),
            .. Field(9, "u"),
            .. Field(10, Field(1, [.. Field(1, "toolchain"), .. Field(2, "t1")])),
        ];
        Assert.Equal(Digest.Of(expected), action.Key);
    }

    [Fact]
    public void An_empty_action_leaves_out_what_is_empty()
    {
        var action = new StepAction([], [], [], new InputTree(), [], "");

        byte[] expected = [.. Field(1, DigestOf([])), .. Field(2, DigestOf([])), .. Field(10, [])];
        Assert.Equal(Digest.Of(expected), action.Key);
    }

    // The API: "The path strings must be sorted by code point, equivalently, by UTF-8 bytes." UTF-16 has another order.
    [Fact]
    public void Names_are_ordered_by_code_point()
    {
        const string Fullwidth = "\uff5e", Emoji = "\U0001f600";
        var digest = Digest.OfText("");
        var action = new StepAction([], [], [], new InputTree([new(Emoji, digest), new(Fullwidth, digest)]), [Emoji, Fullwidth], "");

        byte[] command = [.. Field(7, Fullwidth), .. Field(7, Emoji)];
        byte[] root =
        [
            .. Field(1, [.. Field(1, Fullwidth), .. Field(2, DigestOf([]))]),
            .. Field(1, [.. Field(1, Emoji), .. Field(2, DigestOf([]))]),
        ];
        byte[] expected = [.. Field(1, DigestOf(command)), .. Field(2, DigestOf(root)), .. Field(10, [])];
        Assert.Equal(Digest.Of(expected), action.Key);
    }

    private static byte[] DigestOf(ReadOnlySpan<byte> content) =>
    [
        .. Field(1, Convert.ToHexStringLower(SHA256.HashData(content))),
        .. content.Length == 0 ? Array.Empty<byte>() : [2 << 3, .. Varint(content.Length)],
    ];

    private static byte[] Field(int number, string text) => Field(number, Encoding.UTF8.GetBytes(text));

    private static byte[] Field(int number, byte[] content) => [(byte)((number << 3) | 2), .. Varint(content.Length), .. content];

    private static byte[] Varint(int value) =>
        value < 0x80 ? [(byte)value] : [(byte)(0x80 | (value & 0x7f)), .. Varint(value >> 7)];
}
