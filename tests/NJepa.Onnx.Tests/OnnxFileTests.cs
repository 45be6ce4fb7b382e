using NJepa.Models;
using NJepa.Onnx.Format;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Onnx.Tests;

public sealed class OnnxFileTests : TensorTest, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Path => _folder.File("encoder.onnx");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Weights_beyond_the_limit_lie_in_a_file_beside_the_model()
    {
        using DisposeScope scope = NewDisposeScope();
        using ViTEncoder encoder = Scrambled.Encoder(Scrambled.Small);

        IReadOnlyList<string> files = OnnxExport.Save(encoder, Path, null, mostBytesInModel: 1000);

        files.Should().HaveCount(2);
        System.IO.Path.GetFileName(files[1]).Should().MatchRegex("^encoder\\.onnx\\.[0-9a-f]{16}\\.data$");
        _folder.Names().Should().BeEquivalentTo(files.Select(System.IO.Path.GetFileName));
        new FileInfo(files[1]).Length.Should().BeGreaterThan(3 * 12 * 24 * 24 * sizeof(float) / 2);
        Tensor images = Scrambled.Images(2, 3, 16, 16);
        using (var run = new OnnxRun(Path))
        {
            run.Run(images)["patch_features"].ShouldEqual(encoder.Encode(images));
        }

        // The two may move, together.
        string moved = Directory.CreateDirectory(_folder.File("elsewhere")).FullName;
        foreach (string file in files)
        {
            File.Move(file, System.IO.Path.Combine(moved, System.IO.Path.GetFileName(file)));
        }

        using var movedRun = new OnnxRun(System.IO.Path.Combine(moved, "encoder.onnx"));
        movedRun.Run(images)["features"].ShouldEqual(encoder.EncodePooled(images));
    }

    [Fact]
    public void Each_weight_has_pages_of_its_own_in_the_data()
    {
        using ViTEncoder encoder = Scrambled.Encoder(Scrambled.Small);
        IReadOnlyList<string> files = OnnxExport.Save(encoder, Path, null, mostBytesInModel: 0);

        ModelProto model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(Path));
        TensorProto[] outside = [.. model.Graph.Initializer.Where(tensor => tensor.DataLocation == TensorProto.Types.DataLocation.External)];
        outside.Should().HaveCountGreaterThan(12);
        long end = 0;
        foreach (TensorProto tensor in outside)
        {
            Dictionary<string, string> place = tensor.ExternalData.ToDictionary(entry => entry.Key, entry => entry.Value);
            place["location"].Should().Be(System.IO.Path.GetFileName(files[1]));
            (long offset, long length) = (long.Parse(place["offset"]), long.Parse(place["length"]));
            (offset % 4096).Should().Be(0);
            offset.Should().BeGreaterThanOrEqualTo(end);
            length.Should().Be(sizeof(float) * tensor.Dims.Aggregate(1L, (a, b) => a * b));
            end = offset + length;
        }

        new FileInfo(files[1]).Length.Should().Be(end);
    }

    [Fact]
    public void The_limit_is_counted_in_the_bytes_that_are_written()
    {
        using ViTEncoder encoder = Scrambled.Encoder(Scrambled.Small);
        var options = new OnnxExportOptions { Head = Scrambled.Head(2, 24) };
        long full = (4 * encoder.ParameterCount) + (4 * ((16 * 24) + 50)), half = (2 * encoder.ParameterCount) + (4 * ((16 * 24) + 50));

        OnnxExport.Save(encoder, Path, options, full).Should().HaveCount(1);
        OnnxExport.Save(encoder, Path, options, full - 1).Should().HaveCount(2);
        OnnxExport.Save(encoder, Path, options with { Precision = OnnxPrecision.Float16 }, half).Should().HaveCount(1);
        OnnxExport.Save(encoder, Path, options with { Precision = OnnxPrecision.Float16 }, half - 1).Should().HaveCount(2);
    }

    [Fact]
    public void A_model_that_is_replaced_takes_its_data_along_and_no_others()
    {
        using ViTEncoder first = Scrambled.Encoder(Scrambled.Small, 1), second = Scrambled.Encoder(Scrambled.Small, 2);
        string[] others = ["encoder.onnx.data", "encoder.onnx.0123456789abcdef.data.txt", "my-encoder.onnx.0123456789abcdef.data", "encoder.onnx2.0123456789abcdef.data"];
        foreach (string other in others)
        {
            File.WriteAllText(_folder.File(other), "kept");
        }

        string firstData = OnnxExport.Save(first, Path, null, 0)[1], secondData = OnnxExport.Save(second, Path, null, 0)[1];
        firstData.Should().NotBe(secondData);
        _folder.Names().Should().BeEquivalentTo([.. others, "encoder.onnx", System.IO.Path.GetFileName(secondData)]);

        OnnxExport.Save(second, Path).Should().HaveCount(1);
        _folder.Names().Should().BeEquivalentTo([.. others, "encoder.onnx"]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(long.MaxValue)]
    public void The_same_encoder_gives_the_same_bytes(long limit)
    {
        using ViTEncoder encoder = Scrambled.Encoder(Scrambled.Small);
        IReadOnlyList<string> once = OnnxExport.Save(encoder, Path, null, limit);
        byte[][] bytes = [.. once.Select(File.ReadAllBytes)];

        IReadOnlyList<string> again = OnnxExport.Save(encoder, Path, null, limit);

        again.Should().Equal(once);
        again.Select(File.ReadAllBytes).Should().BeEquivalentTo(bytes, exact => exact.WithStrictOrdering());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(long.MaxValue)]
    public void A_failed_export_leaves_the_old_model_and_nothing_else(long limit)
    {
        using DisposeScope scope = NewDisposeScope();
        using ViTEncoder good = Scrambled.Encoder(Scrambled.Small), bad = Scrambled.Encoder(Scrambled.Small);
        IReadOnlyList<string> files = OnnxExport.Save(good, Path, null, limit);
        byte[][] bytes = [.. files.Select(File.ReadAllBytes)];
        // The last weight of all: by then much has been written.
        Set(bad, "blocks.2.mlp.fc2.bias", float.NaN);

        bad.Invoking(encoder => OnnxExport.Save(encoder, Path, null, limit)).Should().Throw<WeightsException>();

        _folder.Names().Should().BeEquivalentTo(files.Select(System.IO.Path.GetFileName));
        files.Select(File.ReadAllBytes).Should().BeEquivalentTo(bytes, exact => exact.WithStrictOrdering());
    }

    [Theory]
    [InlineData("student.safetensors")]
    [InlineData("encoder.pth.tar")]
    public void A_file_of_weights_is_not_replaced_by_a_model(string name)
    {
        using ViTEncoder encoder = Scrambled.Encoder(Scrambled.Small);
        encoder.Save(_folder.File(name));
        byte[] before = File.ReadAllBytes(_folder.File(name));
        FluentActions.Invoking(() => OnnxExport.Save(encoder, _folder.File(name))).Should().Throw<ArgumentException>().WithMessage("*the name of a file of weights; an ONNX model is a file such as 'encoder.onnx'*");
        File.ReadAllBytes(_folder.File(name)).Should().Equal(before);
    }

    [Fact]
    public void A_path_that_ends_as_a_folder_is_refused()
    {
        using ViTEncoder encoder = Scrambled.Encoder(Scrambled.Small);
        FluentActions.Invoking(() => OnnxExport.Save(encoder, _folder.File("new/"))).Should().Throw<IOException>().WithMessage("*ends as a folder does; give the path of a file in it*");
        _folder.Names().Should().BeEmpty();
    }

    [Fact]
    public void Folders_are_made()
    {
        using ViTEncoder encoder = Scrambled.Encoder(Scrambled.Small);
        string path = System.IO.Path.Combine(_folder.File("a"), "b", "encoder.onnx");
        OnnxExport.Save(encoder, path);
        File.Exists(path).Should().BeTrue();
    }

    [Fact]
    public void A_folder_or_a_place_that_cannot_be_written_is_refused()
    {
        using ViTEncoder encoder = Scrambled.Encoder(Scrambled.Small);
        string folder = Directory.CreateDirectory(_folder.File("folder")).FullName;
        encoder.Invoking(e => OnnxExport.Save(e, folder)).Should().Throw<IOException>()
            .WithMessage($"'{folder}' is a folder; give the path of a file in it, such as '{System.IO.Path.Combine(folder, "encoder.onnx")}'.");
        File.WriteAllText(_folder.File("file"), "");
        encoder.Invoking(e => OnnxExport.Save(e, System.IO.Path.Combine(_folder.File("file"), "encoder.onnx"))).Should().Throw<IOException>();
        encoder.Invoking(e => OnnxExport.Save(e, " ")).Should().Throw<ArgumentException>().WithParameterName("path");
        Directory.GetFiles(folder).Should().BeEmpty();
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void A_weight_that_is_not_finite_is_named(float value)
    {
        using DisposeScope scope = NewDisposeScope();
        using ViTEncoder encoder = Scrambled.Encoder(Scrambled.Small);
        Set(encoder, "blocks.1.norm2.weight", value);
        encoder.Invoking(e => OnnxExport.Save(e, Path)).Should().Throw<WeightsException>().WithMessage(
            "Weight 'blocks.1.norm2.weight' holds NaN or an infinite number, so that the model would give nothing else. Export an encoder whose training went well, such as that of an earlier checkpoint.");
    }

    [Fact]
    public void A_weight_beyond_float16_is_named_and_fits_into_float32()
    {
        using DisposeScope scope = NewDisposeScope();
        using ViTEncoder encoder = Scrambled.Encoder(Scrambled.Small);
        Set(encoder, "blocks.1.attn.qkv.weight", -70000);
        encoder.Invoking(e => OnnxExport.Save(e, Path, new OnnxExportOptions { Precision = OnnxPrecision.Float16 })).Should().Throw<WeightsException>()
            .WithMessage("Weight 'blocks.1.attn.qkv.weight' has a number of magnitude 7E+04, but float16 ends at 65504. Export with OnnxPrecision.Float32.");
        OnnxExport.Save(encoder, Path).Should().HaveCount(1);
        Set(encoder, "blocks.1.attn.qkv.weight", -65504);
        OnnxExport.Save(encoder, Path, new OnnxExportOptions { Precision = OnnxPrecision.Float16 }).Should().HaveCount(1);
    }

    [Fact]
    public void A_disposed_encoder_is_refused()
    {
        ViTEncoder encoder = Scrambled.Encoder(Scrambled.Small);
        encoder.Dispose();
        encoder.Invoking(e => OnnxExport.Save(e, Path)).Should().Throw<ObjectDisposedException>();
        JepaModel model = JepaBuilder.WithEncoder(ViT.Nano4).Build();
        model.Dispose();
        model.Student.Invoking(e => OnnxExport.Save(e, Path)).Should().Throw<ObjectDisposedException>();
        _folder.Names().Should().BeEmpty();
    }

    // The first number of a parameter.
    private static void Set(ViTEncoder encoder, string name, float value)
    {
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        encoder.Parameters[name].Value.view(-1).narrow(0, 0, 1).fill_(value);
    }
}
