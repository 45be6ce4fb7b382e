using NJepa.Models;
using NJepa.Onnx.Format;
using static NJepa.Onnx.Writing.GraphBuilder;
using DataType = NJepa.Onnx.Format.TensorProto.Types.DataType;

namespace NJepa.Onnx.Writing;

/// <summary>A whole model: input and its preparation, encoder, head, outputs, metadata.</summary>
internal static class ModelGraph
{
    // Opset 17 is the first with LayerNormalization, and 8 the version of the format that belongs to it.
    private const int Opset = 17;
    private const int FormatVersion = 8;
    private const string Batch = "batch";

    public static ModelProto Build(ViTEncoder encoder, OnnxExportOptions options, DataFile? data)
    {
        ViT vit = encoder.Configuration;
        var proto = new GraphProto { Name = "encoder", DocString = vit.ToString() };
        var graph = new GraphBuilder(proto);
        var constants = new Initializers(proto, data, options.IsHalf);
        string images = Images(vit, options, graph, constants);
        (string patchFeatures, string features) = new EncoderGraph(encoder, options, graph, constants).Build(images);
        Outputs(vit, options, graph, constants, patchFeatures, features);
        var model = new ModelProto
        {
            IrVersion = FormatVersion,
            ProducerName = "NJepa",
            ProducerVersion = ModelMetadata.Version,
            DocString = $"{vit.Title} encoder by NJepa; metadata_props say how to use it.",
            Graph = proto,
            OpsetImport = { new OperatorSetIdProto { Version = Opset } },
        };
        foreach ((string key, string value) in ModelMetadata.Of(vit, options))
        {
            model.MetadataProps.Add(new StringStringEntryProto { Key = key, Value = value });
        }

        return model;
    }

    // Whatever the input is, the encoder gets normalised images [B,C,H,W] float32.
    private static string Images(ViT vit, OnnxExportOptions options, GraphBuilder graph, Initializers constants)
    {
        object height = options.DynamicSize ? "height" : vit.ImageSize, width = options.DynamicSize ? "width" : vit.ImageSize;
        string size = options.DynamicSize ? $"height and width multiples of {vit.PatchSize}" : $"{vit.ImageSize} x {vit.ImageSize} pixels";
        string images = OnnxMetadata.Images;
        if (options.Input == OnnxInput.Float32Nchw)
        {
            graph.Input(images, DataType.Float, $"Normalised images, {size}.", Batch, vit.Channels, height, width);
            return options.DynamicSize ? RefuseParts(images, vit, graph, constants) : images;
        }

        graph.Input(images, DataType.Uint8, $"RGB bytes, {size}.", Batch, height, width, vit.Channels);
        string planes = graph.Node("Transpose", "images.planes", [images], Integers("perm", 0, 3, 1, 2));
        if (options.DynamicSize)
        {
            planes = RefuseParts(planes, vit, graph, constants);
        }

        // The same operations on the same numbers as in ImageNormalization: the same bits.
        ImageNormalization n = options.Normalization;
        string mean = constants.Floats("images.mean", [(float)(n.MeanRed * 255), (float)(n.MeanGreen * 255), (float)(n.MeanBlue * 255)], 1, 3, 1, 1);
        string factor = constants.Floats("images.factor", [(float)(1 / (n.StdRed * 255)), (float)(1 / (n.StdGreen * 255)), (float)(1 / (n.StdBlue * 255))], 1, 3, 1, 1);
        string centred = graph.Node("Sub", "images.centred", [graph.Cast(planes, DataType.Float, "images.float"), mean]);
        return graph.Node("Mul", "images.normalised", [centred, factor]);
    }

    // The embedding would quietly leave out pixels beyond the last whole patch. A reshape to whole patches changes nothing where there are such, and otherwise fails, under a name that says why.
    private static string RefuseParts(string images, ViT vit, GraphBuilder graph, Initializers constants)
    {
        string all = graph.Node("Shape", "size.shape", [images]);
        string sides = graph.Node("Gather", "size.sides", [all, constants.Integers("size.axes", 2, 3)]);
        string patch = constants.Integers("size.patch_size", vit.PatchSize);
        string whole = graph.Node("Mul", "size.whole", [graph.Node("Div", "size.grid", [sides, patch]), patch]);
        string leading = graph.Node("Gather", "size.leading", [all, constants.Integers("size.leading_axes", 0, 1)]);
        string shape = graph.Node("Concat", "size.expected", [leading, whole], Integer("axis", 0));

        // Of an image smaller than a patch nothing would be whole: its sides of 0 are meant as such, not as "what the image has".
        return graph.Node("Reshape", $"height_and_width_must_be_multiples_of_{vit.PatchSize}", [images, shape], Integer("allowzero", 1));
    }

    private static void Outputs(ViT vit, OnnxExportOptions options, GraphBuilder graph, Initializers constants, string patchFeatures, string features)
    {
        OnnxOutputs outputs = options.ChosenOutputs;
        void Give(OnnxOutputs output, string from, string name, params ReadOnlySpan<object> sides)
        {
            if (outputs.HasFlag(output))
            {
                graph.Node("Identity", name, [from]);
                graph.Output(name, ModelMetadata.Meaning(output, vit, options), sides);
            }
        }

        Give(OnnxOutputs.PatchFeatures, patchFeatures, OnnxMetadata.PatchFeatures, Batch, options.DynamicSize ? "patches" : vit.Patches, vit.Width);
        Give(OnnxOutputs.Features, features, OnnxMetadata.Features, Batch, options.LastLayers * vit.Width);
        if (options.Head is not { } head)
        {
            return;
        }

        int classes = head.Labels.Count;
        string weights = constants.Floats("head.weight", head.Weights.ToArray(), classes, head.Width);
        string bias = constants.Floats("head.bias", head.Bias.ToArray(), classes);
        string logits = graph.Node("Gemm", "head", [features, weights, bias], Integer("transB", 1));
        Give(OnnxOutputs.Logits, logits, OnnxMetadata.Logits, Batch, classes);
        if (outputs.HasFlag(OnnxOutputs.Probabilities))
        {
            Give(OnnxOutputs.Probabilities, graph.Node("Softmax", "head.softmax", [logits], Integer("axis", 1)), OnnxMetadata.Probabilities, Batch, classes);
        }
    }
}
