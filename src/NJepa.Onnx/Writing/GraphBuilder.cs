using Google.Protobuf;
using NJepa.Onnx.Format;

namespace NJepa.Onnx.Writing;

/// <summary>Adds nodes to a graph. A node has the name of what it computes, which is also the name of its output.</summary>
internal sealed class GraphBuilder(GraphProto graph)
{
    public string Node(string type, string name, string[] inputs, params ReadOnlySpan<AttributeProto> attributes)
    {
        AddNode(type, name, inputs, [name], attributes);
        return name;
    }

    public string[] NodeOfMany(string type, string name, string[] inputs, string[] outputs, params ReadOnlySpan<AttributeProto> attributes)
    {
        AddNode(type, name, inputs, outputs, attributes);
        return outputs;
    }

    public string Cast(string input, TensorProto.Types.DataType type, string name) => Node("Cast", name, [input], Integer("to", (long)type));

    public void Input(string name, TensorProto.Types.DataType type, string meaning, params ReadOnlySpan<object> sides) => graph.Input.Add(Value(name, type, meaning, sides));

    public void Output(string name, string meaning, params ReadOnlySpan<object> sides) => graph.Output.Add(Value(name, TensorProto.Types.DataType.Float, meaning, sides));

    public static AttributeProto Integer(string name, long value) => new() { Name = name, Type = AttributeProto.Types.AttributeType.Int, I = value };

    public static AttributeProto Integers(string name, params ReadOnlySpan<long> values)
    {
        var attribute = new AttributeProto { Name = name, Type = AttributeProto.Types.AttributeType.Ints };
        attribute.Ints.AddRange(values);
        return attribute;
    }

    public static AttributeProto Real(string name, float value) => new() { Name = name, Type = AttributeProto.Types.AttributeType.Float, F = value };

    public static AttributeProto Text(string name, string value) => new() { Name = name, Type = AttributeProto.Types.AttributeType.String, S = ByteString.CopyFromUtf8(value) };

    private void AddNode(string type, string name, string[] inputs, string[] outputs, ReadOnlySpan<AttributeProto> attributes)
    {
        var node = new NodeProto { OpType = type, Name = name, Input = { inputs }, Output = { outputs } };
        foreach (AttributeProto attribute in attributes)
        {
            node.Attribute.Add(attribute);
        }

        graph.Node.Add(node);
    }

    // A side is a number, or the name of one that is known when the model is run.
    private static ValueInfoProto Value(string name, TensorProto.Types.DataType type, string meaning, ReadOnlySpan<object> sides)
    {
        var shape = new TensorShapeProto();
        foreach (object side in sides)
        {
            shape.Dim.Add(side is string free ? new TensorShapeProto.Types.Dimension { DimParam = free } : new TensorShapeProto.Types.Dimension { DimValue = (int)side });
        }

        return new ValueInfoProto { Name = name, DocString = meaning, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = type, Shape = shape } } };
    }
}
