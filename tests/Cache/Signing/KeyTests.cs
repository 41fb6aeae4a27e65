using System.Security.Cryptography;
using BpfIncr.Cache.Signing;
using FsCheck.Xunit;

namespace BpfIncr.Cache.Tests.Signing;

public sealed class KeyTests
{
    // What openssl wrote for a key that nobody has any more.
    private const string Line =
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEdXv308UC4R34Wb7qNFaYKhBfv+51ofYMz1htSPMzRLx709+5Y0qZUa/HmpayB65U/oy0GPQ70WlMVqYEhwnTrw==";

    private const string Pem = """
        -----BEGIN PUBLIC KEY-----
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEdXv308UC4R34Wb7qNFaYKhBfv+51
        ofYMz1htSPMzRLx709+5Y0qZUa/HmpayB65U/oy0GPQ70WlMVqYEhwnTrw==
        -----END PUBLIC KEY-----

        """;

    [Fact]
    public void A_public_key_is_the_same_on_one_line_and_in_PEM()
    {
        var (line, pem) = (PublicKey.Parse(Line), PublicKey.Parse(Pem));

        // sha256sum of what the base64 stands for begins like this.
        Assert.Equal((Line, "4183f1e4325797af"), (line.Text, line.Id));
        Assert.Equal((line.Text, line.Id), (pem.Text, pem.Id));
        Assert.Equal(Line, PublicKey.Parse($"  {Line}\n").Text);
    }

    [Fact]
    public void A_key_that_was_written_is_read_as_the_same_key()
    {
        using var key = SigningKey.Generate();
        using var read = SigningKey.Parse(key.ToPem());

        Assert.Equal(key.Public.Text, read.Public.Text);
        Assert.Equal(key.Public.Text, PublicKey.Parse(key.ToPublicPem()).Text);
    }

    [Fact]
    public void Keys_are_read_in_both_forms_that_openssl_writes()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var modern = SigningKey.Parse(key.ExportPkcs8PrivateKeyPem());
        using var old = SigningKey.Parse($"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n{key.ExportECPrivateKeyPem()}\n");

        Assert.Equal(modern.Public.Text, old.Public.Text);
    }

    [Fact]
    public void Keys_of_other_kinds_are_refused()
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var rsa = RSA.Create(1024);
        using var good = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var password = new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1);

        Assert.Equal("it is not on the curve P-256", Assert.Throws<FormatException>(() => SigningKey.Parse(other.ExportPkcs8PrivateKeyPem())).Message);
        Assert.Throws<FormatException>(() => SigningKey.Parse(rsa.ExportPkcs8PrivateKeyPem()));
        Assert.Throws<FormatException>(() => SigningKey.Parse(good.ExportEncryptedPkcs8PrivateKeyPem("password", password)));
        Assert.Throws<FormatException>(() => PublicKey.Parse(rsa.ExportSubjectPublicKeyInfoPem()));
        Assert.Throws<FormatException>(() => PublicKey.Parse(other.ExportSubjectPublicKeyInfoPem()));
    }

    [Fact]
    public void Nobody_takes_one_half_of_a_key_for_the_other()
    {
        using var key = SigningKey.Generate();

        Assert.Equal("it is no private key in PEM", Assert.Throws<FormatException>(() => SigningKey.Parse(key.ToPublicPem())).Message);
        Assert.Equal(
            "it is a private key, which is for those who sign and nobody else",
            Assert.Throws<FormatException>(() => PublicKey.Parse(key.ToPem())).Message);
    }

    [Property]
    public void Text_that_is_no_key_is_refused(string? text)
    {
        Assert.Throws<FormatException>(() => PublicKey.Parse(text ?? ""));
        Assert.Throws<FormatException>(() => SigningKey.Parse($"{text} PRIVATE KEY"));
    }

    [Property(MaxTest = 300)]
    public void A_line_of_a_key_with_another_character_is_a_key_or_none(uint at, char change)
    {
        var line = Line.ToCharArray();
        line[at % line.Length] = change;
        try
        {
            var key = PublicKey.Parse(new string(line));
            Assert.Equal(key.Id, PublicKey.Parse(key.Text).Id);
        }
        catch (FormatException)
        {
            // None.
        }
    }
}
