{
  inputs: [{"_id": "x", "_shape": [3, 32, 32]}],
  outputs: [{"_id": "y", "_shape": [10]}],
  blocks: [
    {"_class": "Conv2d", "_id": "conv1", "output_feats": 16, "kernel_size": 3, "padding": 1},
    {"_class": "ReLU", "_id": "relu1"},
    {"_class": "Conv2d", "_id": "conv2", "output_feats": 16, "kernel_size": 3, "padding": 1},
    {"_class": "Add", "_id": "add"},
    {"_class": "AdaptiveAvgPool2d", "_id": "pool", "output_feats": [1, 1]},
    {"_class": "Reshape", "_id": "flatten", "reshape_spec": [[0, 1, 2]]},
    {"_class": "Linear", "_id": "fc", "output_feats": 100},
  ],
  graph: [
    "x -> conv1 -> relu1 -> conv2 -> add -> pool -> flatten -> fc -> y",
    "relu1 -> add",
  ],
}
