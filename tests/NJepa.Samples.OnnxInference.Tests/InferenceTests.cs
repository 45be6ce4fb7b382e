using System.Globalization;
using System.Reflection;
using System.Text;
using NJepa.Data;
using NJepa.Evaluation;
using NJepa.Models;
using NJepa.Onnx;
using NJepa.Samples.QuickStart.Drawing;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Samples.OnnxInference.Tests;

public sealed class InferenceTests : TensorTest, IDisposable
{
    private static readonly ViT Size = new() { ImageSize = 32, PatchSize = 8, Width = 24, Depth = 2, Heads = 3 };
    private static readonly string[] Labels = ["dots", "rings", "stripes"];

    private readonly string _folder = Directory.CreateTempSubdirectory("njepa-test-").FullName;
    private readonly StringWriter _output = new();
    private readonly StringWriter _log = new();
    private readonly ViTEncoder _encoder = ViTEncoder.Create(Size, seed: 4);
    private readonly LinearClassifier _classifier;
    private readonly OnnxHead _head;

    public InferenceTests()
    {
        DrawnPictures.WriteTo(Images, new DrawnPicturesOptions { Size = 40, TrainPerClass = 7, TestPerClass = 1, Classes = [PictureClass.Dots, PictureClass.Stripes] });
        var random = new Random(1);
        double[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => (2 * random.NextDouble()) - 1)];
        _classifier = new LinearClassifier(Labels, Numbers(3 * 24), [0.1, 0.2, 0.3]);
        _head = new OnnxHead(_classifier.ClassNames, _classifier.Weights, _classifier.Bias);
    }

    private string Images => Path.Combine(_folder, "pictures");

    private string Train => Path.Combine(Images, "train");

    private string Model => Path.Combine(_folder, "encoder.onnx");

    private string Csv => Path.Combine(_folder, "results.csv");

    public void Dispose()
    {
        _encoder.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData(OnnxInput.UInt8Nhwc, null)]
    [InlineData(OnnxInput.Float32Nchw, null)]
    [InlineData(OnnxInput.UInt8Nhwc, OnnxOutputs.Logits)]
    public void Images_are_labelled_as_the_classifier_labels_them(OnnxInput input, OnnxOutputs? outputs)
    {
        using DisposeScope scope = NewDisposeScope();
        var normalization = new ImageNormalization(0.4, 0.5, 0.6, 0.2, 0.3, 0.25);
        OnnxExport.Save(_encoder, Model, new OnnxExportOptions { Input = input, Normalization = normalization, Head = _head, Outputs = outputs });

        Run("label", "--model", Model, "--images", Train, "--batch-size", "4", "--csv", Csv).Should().Be(0);

        ImageFolder images = ImageFolder.Open(Train);
        FeatureSet features = FeatureExtractor.Extract(_encoder, images, new FeatureExtractionOptions { Normalization = normalization });
        Tensor logits = nn.functional.linear(tensor(features.Values.ToArray(), [14, 24]), tensor(_head.Weights.ToArray(), [3, 24]), tensor(_head.Bias.ToArray()));
        float[] probabilities = nn.functional.softmax(logits, 1).data<float>().ToArray();
        string[] lines = File.ReadAllLines(Csv);
        lines.Should().HaveCount(1 + (14 * 3));
        lines[0].Should().Be("image,rank,label,probability");
        for (int i = 0; i < 14; i++)
        {
            int[] order = [.. Enumerable.Range(0, 3).OrderByDescending(label => probabilities[(i * 3) + label])];
            for (int rank = 0; rank < 3; rank++)
            {
                string[] cells = lines[1 + (i * 3) + rank].Split(',');
                cells[..3].Should().Equal(images.GetName(i), (rank + 1).ToString(CultureInfo.InvariantCulture), Labels[order[rank]]);
                double.Parse(cells[3], CultureInfo.InvariantCulture).Should().BeApproximately(probabilities[(i * 3) + order[rank]], 1e-5);
            }
        }

        int[] predicted = _classifier.Predict(features);
        int right = Enumerable.Range(0, 14).Count(i => Labels[predicted[i]] == images.ClassNames[images.GetLabel(i)]);
        _output.ToString().Should().Be(string.Create(CultureInfo.InvariantCulture, $"{right} of 14 images in folders of these labels are labelled as their folder, {100.0 * right / 14:0.0} %{Environment.NewLine}"));
        _log.ToString().Should().BeEmpty();
    }

    [Fact]
    public void A_table_has_a_line_for_each_image_and_as_many_labels_as_asked_for()
    {
        OnnxExport.Save(_encoder, Model, new OnnxExportOptions { Input = OnnxInput.UInt8Nhwc, Head = _head });
        string image = Path.Combine(Train, "dots", "0001.png");

        Run("label", "--model", Model, "--images", image, "--top", "2").Should().Be(0);

        _output.ToString().Should().MatchRegex(@"^0001\.png  (dots|rings|stripes) \d+\.\d %, (dots|rings|stripes) \d+\.\d %\r?\n$");
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData(48, true)]
    public void The_nearest_images_are_those_of_the_largest_cosine(int? imageSize, bool dynamic)
    {
        OnnxExport.Save(_encoder, Model, new OnnxExportOptions { Input = OnnxInput.UInt8Nhwc, DynamicSize = dynamic });
        string query = Path.Combine(Train, "dots", "0003.png"), sheet = Path.Combine(_folder, "sheet.png");
        string[] size = imageSize is { } side ? ["--image-size", side.ToString(CultureInfo.InvariantCulture)] : [];

        Run(["similar", "--model", Model, "--query", query, "--images", Train, "--top", "5", "--batch-size", "4", "--csv", Csv, "--sheet", sheet, .. size]).Should().Be(0);

        ImageFolder images = ImageFolder.Open(Train);
        using ViTEncoder encoder = _encoder.WithImageSize(imageSize ?? 32);
        FeatureSet features = FeatureExtractor.Extract(encoder, images);
        float[][] rows = [.. features.Values.ToArray().Chunk(24)];
        int asked = Enumerable.Range(0, 14).Single(i => images.GetName(i) == "dots/0003.png");
        double[] cosines = [.. rows.Select(row => row.Zip(rows[asked], (a, b) => (double)a * b).Sum() / Math.Sqrt(row.Sum(a => (double)a * a) * rows[asked].Sum(a => (double)a * a)))];
        int[] order = [.. Enumerable.Range(0, 14).Where(i => i != asked).OrderByDescending(i => cosines[i]).Take(5)];
        string[] lines = File.ReadAllLines(Csv);
        lines.Should().HaveCount(6);
        lines[0].Should().Be("rank,image,cosine");
        for (int rank = 0; rank < 5; rank++)
        {
            string[] cells = lines[rank + 1].Split(',');
            cells[..2].Should().Equal((rank + 1).ToString(CultureInfo.InvariantCulture), images.GetName(order[rank]));
            double.Parse(cells[2], CultureInfo.InvariantCulture).Should().BeApproximately(cosines[order[rank]], 1e-5);
        }

        File.ReadAllBytes(sheet).Take(4).Should().Equal(0x89, (byte)'P', (byte)'N', (byte)'G');
        _output.ToString().Should().Be($"drawn: {sheet}{Environment.NewLine}");
    }

    [Fact]
    public void Images_that_cannot_be_read_are_named_and_left_out()
    {
        OnnxExport.Save(_encoder, Model, new OnnxExportOptions { Input = OnnxInput.UInt8Nhwc });
        File.WriteAllText(Path.Combine(Train, "dots", "0001.png"), "no picture");

        Run("similar", "--model", Model, "--query", Path.Combine(Train, "dots", "0002.png"), "--images", Train, "--top", "100").Should().Be(0);

        _output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Should().HaveCount(12);
        _log.ToString().Should().StartWith("left out: dots/0001.png: it is not a JPEG, PNG, WebP or BMP file");
    }

    [Fact]
    public void A_model_without_a_head_cannot_label()
    {
        OnnxExport.Save(_encoder, Model);
        Fails("label", "--model", Model, "--images", Train).Should().Be($"'{Model}' has no head, so it cannot label images. Export it with OnnxExportOptions.Head, or use 'similar', which needs none.");
        OnnxExport.Save(_encoder, Model, new OnnxExportOptions { Head = _head, Outputs = OnnxOutputs.Features });
        Fails("label", "--model", Model, "--images", Train).Should().StartWith($"'{Model}' has no head");
        OnnxExport.Save(_encoder, Model, new OnnxExportOptions { Outputs = OnnxOutputs.PatchFeatures });
        Fails("similar", "--model", Model, "--query", Path.Combine(Train, "dots", "0001.png"), "--images", Train).Should().Be($"'{Model}' gives no 'features', which are needed to compare images. Export it with OnnxOutputs.Features.");
    }

    [Fact]
    public void What_is_no_model_of_NJepa_is_refused()
    {
        Fails("label", "--model", Model, "--images", Train).Should().Be($"There is no model '{Model}' (it was looked for at '{Model}').");
        Fails("label", "--model", Train, "--images", Train).Should().Be($"'{Train}' is a folder; give the .onnx file in it.");
        File.WriteAllText(Model, "no model");
        Fails("label", "--model", Model, "--images", Train).Should().StartWith($"'{Model}' cannot be loaded as an ONNX model: ");
        OnnxExport.Save(_encoder, Model);
        Replace("njepa.version", "maker.version");
        Fails("label", "--model", Model, "--images", Train).Should().Be($"'{Model}' is not a model that NJepa exported: its metadata lack 'njepa.version'. Use one that OnnxExport.Save wrote; the quick start writes encoder.onnx.");
        OnnxExport.Save(_encoder, Model);
        Replace("njepa.mean", "njepa.lean");
        Fails("label", "--model", Model, "--images", Train).Should().StartWith($"'{Model}' describes itself in a way that this program does not understand (").And.EndWith("Export it again with this version of NJepa.");
        using ViTEncoder grey = ViTEncoder.Create(Size with { Channels = 1 });
        OnnxExport.Save(grey, Model);
        Fails("label", "--model", Model, "--images", Train).Should().Be($"'{Model}' takes images of 1 channels; this program reads RGB images, which have 3. Use a model of 3 channels.");
    }

    [Fact]
    public void What_is_no_image_is_refused()
    {
        OnnxExport.Save(_encoder, Model, new OnnxExportOptions { Head = _head });
        string nowhere = Path.Combine(_folder, "nowhere"), empty = Directory.CreateDirectory(Path.Combine(_folder, "empty")).FullName, broken = Path.Combine(_folder, "broken.png");
        Fails("label", "--model", Model, "--images", nowhere).Should().Be($"There is no folder, zip or image '{nowhere}' (it was looked for at '{nowhere}').");
        Fails("label", "--model", Model, "--images", empty).Should().Contain(empty);
        File.WriteAllText(broken, "no picture");
        Fails("label", "--model", Model, "--images", broken).Should().EndWith("'broken.png' cannot be read as an image.");
        string lost = Path.Combine(nowhere, "results.csv");
        Fails("label", "--model", Model, "--images", Train, "--csv", lost).Should().StartWith($"--csv is '{lost}', which cannot be written: ").And.EndWith("Give a file in a folder that is there and can be written to.");
        Fails("similar", "--model", Model, "--images", Train, "--query", nowhere).Should().Be($"There is no image '{nowhere}' (it was looked for at '{nowhere}').");
    }

    [Fact]
    public void Numbers_that_overflow_are_no_results()
    {
        using IDisposable noGradient = TorchSharp.torch.no_grad();
        using ViTEncoder broken = ViTEncoder.Create(Size, seed: 4);
        TorchSharp.torch.nn.init.constant_(broken.Parameters["norm.weight"].Value, 3e38);
        OnnxExport.Save(broken, Model, new OnnxExportOptions { Head = _head });
        Fails("label", "--model", Model, "--images", Train).Should().MatchRegex("^The model's 'probabilities' holds (NaN|∞|Infinity|-Infinity), which is no result: numbers in it overflow\\.");
        Fails("similar", "--model", Model, "--images", Train, "--query", Path.Combine(Train, "dots", "0001.png")).Should().StartWith("The model's 'features' holds ");
        string lost = Path.Combine(_folder, "nowhere", "a.png");
        Fails("similar", "--model", Model, "--images", Train, "--query", Path.Combine(Train, "dots", "0001.png"), "--sheet", lost).Should().StartWith($"--sheet is '{lost}', and there is no folder ");
    }

    [Fact]
    public void An_image_size_that_the_model_does_not_take_is_refused()
    {
        OnnxExport.Save(_encoder, Model, new OnnxExportOptions { Head = _head });
        Fails("label", "--model", Model, "--images", Train, "--image-size", "48").Should().Be("--image-size is 48, but the model takes images of 32 pixels only. Leave it out, or export the model with DynamicSize = true.");
        OnnxExport.Save(_encoder, Model, new OnnxExportOptions { Head = _head, DynamicSize = true });
        Fails("label", "--model", Model, "--images", Train, "--image-size", "50").Should().Be("--image-size is 50; it must be a multiple of the model's patch size, 8.");
    }

    [Theory]
    [InlineData("Option '--images' is required.", "label", "--model", "m.onnx")]
    [InlineData("--top is '0'; it must be a whole number from 1 to 1000.", "label", "--model", "m.onnx", "--images", "i", "--top", "0")]
    [InlineData("--batch-size is 'x'; it must be a whole number from 1 to 4096.", "label", "--model", "m.onnx", "--images", "i", "--batch-size", "x")]
    [InlineData("--model is empty; give a path.", "label", "--model", "", "--images", "i")]
    [InlineData("Option '--query' is required.", "similar", "--model", "m.onnx", "--images", "i")]
    [InlineData("--sheet is 'a.jpg'; the sheet is a PNG file, so give a name that ends in .png.", "similar", "--model", "m.onnx", "--images", "i", "--query", "q", "--sheet", "a.jpg")]
    [InlineData("--image-size is '0'; it must be a whole number from 1 to 8192.", "label", "--model", "m.onnx", "--images", "i", "--image-size", "0")]
    [InlineData("Unrecognized command or argument '--better'.", "label", "--model", "m.onnx", "--images", "i", "--better")]
    public void A_command_line_that_is_not_understood_is_answered_with_what_is_wrong(string message, params string[] arguments)
    {
        Run(arguments).Should().Be(2);
        _log.ToString().Should().Be($"{message} Run with --help to see all options.{Environment.NewLine}");
    }

    [Fact]
    public void Nothing_that_the_program_uses_is_TorchSharp()
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var open = new Queue<Assembly>([typeof(Program).Assembly]);
        while (open.TryDequeue(out Assembly? assembly))
        {
            foreach (AssemblyName name in assembly.GetReferencedAssemblies().Where(name => names.Add(name.Name!) && File.Exists(Path.Combine(AppContext.BaseDirectory, name.Name + ".dll"))))
            {
                open.Enqueue(Assembly.Load(name));
            }
        }

        names.Should().Contain(["NJepa.Data", "Microsoft.ML.OnnxRuntime"]).And.NotContain(["TorchSharp", "NJepa.Models", "NJepa.Onnx"]);
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "NJepa.Samples.OnnxInference.deps.json")).Should().Contain("OnnxRuntime").And.NotContainEquivalentOf("torch");
    }

    private int Run(params string[] arguments) => Program.Run(arguments, _output, _log);

    private string Fails(params string[] arguments)
    {
        _log.GetStringBuilder().Clear();
        Run(arguments).Should().Be(1);
        return _log.ToString().TrimEnd();
    }

    private void Replace(string text, string other)
    {
        byte[] bytes = File.ReadAllBytes(Model), from = Encoding.UTF8.GetBytes(text), to = Encoding.UTF8.GetBytes(other);
        int place = bytes.AsSpan().IndexOf(from);
        place.Should().BeGreaterThan(0);
        to.CopyTo(bytes, place);
        File.WriteAllBytes(Model, bytes);
    }
}
